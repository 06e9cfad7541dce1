//! The binary operators that work on values.
//!
//! Example: `Operator::Add.symbol()` is `+`; a struct overloads it with `op_add`.

/// A binary operator that evaluates both operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 11] = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Modulo,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessEqual,
        Operator::Greater,
        Operator::GreaterEqual,
    ];

    /// As it stands in programs and messages.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Modulo => "%",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
        }
    }

    /// The method by which a struct overloads it.
    pub fn method(self) -> &'static str {
        match self {
            Operator::Add => "op_add",
            Operator::Subtract => "op_sub",
            Operator::Multiply => "op_mul",
            Operator::Divide => "op_div",
            Operator::Modulo => "op_mod",
            Operator::Equal => "op_eq",
            Operator::NotEqual => "op_ne",
            Operator::Less => "op_lt",
            Operator::LessEqual => "op_le",
            Operator::Greater => "op_gt",
            Operator::GreaterEqual => "op_ge",
        }
    }
}
