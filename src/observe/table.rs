//! Aligned tables and numbers for people.
//!
//! Example: `Table::new(&["id", "<where"])` has a right-aligned and a
//! left-aligned column; `grouped(1234567)` is `1,234,567`.

/// A table under construction.
pub struct Table {
    left: Vec<bool>,
    rows: Vec<Vec<String>>,
    notes: Vec<Vec<String>>,
}

impl Table {
    /// With these headings; one that begins with `<` is left-aligned, else right.
    pub fn new(headings: &[&str]) -> Table {
        let left = headings.iter().map(|heading| heading.starts_with('<')).collect();
        let row = headings.iter().map(|heading| heading.trim_start_matches('<').into()).collect();
        Table { left, rows: vec![row], notes: vec![Vec::new()] }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has not one cell a heading.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.left.len(), "one cell a column");
        self.rows.push(cells);
        self.notes.push(Vec::new());
    }

    /// Adds a line of text below the last row.
    pub fn note(&mut self, text: String) {
        if let Some(notes) = self.notes.last_mut() {
            notes.push(text);
        }
    }

    /// The text, each line indented by two spaces, columns two spaces apart.
    pub fn text(&self) -> String {
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.left.len()).map(width).collect();
        let mut text = String::new();
        for (row, notes) in self.rows.iter().zip(&self.notes) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[column] - cell.chars().count());
                line.push_str("  ");
                if self.left[column] {
                    line.push_str(cell);
                    line.push_str(&padding);
                } else {
                    line.push_str(&padding);
                    line.push_str(cell);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
            for note in notes {
                text.push_str("      ");
                text.push_str(note);
                text.push('\n');
            }
        }
        text
    }
}

/// A number with commas between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of 0 to 1 in percent.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    format!("{:.1} %", part as f64 * 100.0 / whole as f64)
}

/// A time in a fitting unit.
pub fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0 => "0".into(),
        n if n < 10_000 => format!("{n} ns"),
        n if n < 1_000_000 => format!("{:.0} us", n as f64 / 1e3),
        n if n < 10_000_000_000 => format!("{:.2} ms", n as f64 / 1e6),
        n => format!("{:.2} s", n as f64 / 1e9),
    }
}

/// "1 thing", "2 things".
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}
