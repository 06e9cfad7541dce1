//! Tokens: what the lexer hands to the parser.
//!
//! A token is 16 bytes whatever its text, so that a file of ten megabytes fits
//! in memory as tokens. Names and string texts stand in tables of
//! [`Tokens`], numbers are read again from the source by the parser.
//!
//! Example: a string with interpolations is a run of tokens: `"a${x}b${y}"` is
//! `TemplateStart("a")`, the tokens of `x`, `TemplateMiddle("b")`, the tokens
//! of `y`, `TemplateEnd("")`.

use crate::base::span::Span;
use crate::syntax::ast::Name;

/// One token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Whether a line break stands between it and the token before.
    pub newline_before: bool,
    /// Index into [`Tokens::texts`] for names, strings and template pieces.
    pub text: u32,
    /// Where it stands.
    pub span: Span,
}

/// The tokens of one source text. The last one is [`TokenKind::End`].
#[derive(Debug)]
pub struct Tokens {
    /// In order.
    pub list: Vec<Token>,
    /// Texts of names (each once) and of strings (escapes resolved).
    pub texts: Vec<Name>,
}

macro_rules! token_kinds {
    ({ $( $(#[$doc:meta])* $kind:ident $show:literal; )* }
     keywords { $( $keyword:ident $word:literal; )* }) => {
        /// The kinds of tokens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TokenKind {
            $( $(#[$doc])* $kind, )*
            $( #[doc = concat!("`", $word, "`.")] $keyword, )*
        }

        /// The words that are keywords, in the order of the language reference.
        pub const KEYWORDS: &[&str] = &[$( $word, )*];

        impl TokenKind {
            /// How messages call it.
            pub fn describe(self) -> &'static str {
                match self {
                    $( TokenKind::$kind => $show, )*
                    $( TokenKind::$keyword => concat!("`", $word, "`"), )*
                }
            }

            /// The keyword that `word` is.
            pub fn keyword(word: &str) -> Option<TokenKind> {
                match word {
                    $( $word => Some(TokenKind::$keyword), )*
                    "fn" => Some(TokenKind::Func),
                    _ => None,
                }
            }

            /// Whether it is a keyword.
            pub fn is_keyword(self) -> bool {
                matches!(self, $( TokenKind::$keyword )|*)
            }
        }
    };
}

token_kinds! {
    {
    /// End of the text.
    End "end of file";
    /// An identifier, including `_`.
    Name "a name";
    /// An int literal.
    Int "a number";
    /// A float literal.
    Float "a number";
    /// A string without interpolation.
    Str "a string";
    /// A string up to its first `${`.
    TemplateStart "a string";
    /// A string from a `}` to the next `${`.
    TemplateMiddle "`}`";
    /// A string from its last `}` to its end.
    TemplateEnd "`}`";
    /// `(`.
    LeftParen "`(`";
    /// `)`.
    RightParen "`)`";
    /// `[`.
    LeftBracket "`[`";
    /// `]`.
    RightBracket "`]`";
    /// `{`.
    LeftBrace "`{`";
    /// `}`.
    RightBrace "`}`";
    /// `,`.
    Comma "`,`";
    /// `;`.
    Semicolon "`;`";
    /// `:`.
    Colon "`:`";
    /// `::`.
    ColonColon "`::`";
    /// `:=`.
    ColonEqual "`:=`";
    /// `=`.
    Equal "`=`";
    /// `==`.
    EqualEqual "`==`";
    /// `!`.
    Bang "`!`";
    /// `!=`.
    BangEqual "`!=`";
    /// `<`.
    Less "`<`";
    /// `<=`.
    LessEqual "`<=`";
    /// `>`.
    Greater "`>`";
    /// `>=`.
    GreaterEqual "`>=`";
    /// `+`.
    Plus "`+`";
    /// `+=`.
    PlusEqual "`+=`";
    /// `-`.
    Minus "`-`";
    /// `-=`.
    MinusEqual "`-=`";
    /// `->`.
    Arrow "`->`";
    /// `*`.
    Star "`*`";
    /// `*=`.
    StarEqual "`*=`";
    /// `/`.
    Slash "`/`";
    /// `/=`.
    SlashEqual "`/=`";
    /// `%`.
    Percent "`%`";
    /// `%=`.
    PercentEqual "`%=`";
    /// `&&`.
    AndAnd "`&&`";
    /// `||`.
    OrOr "`||`";
    /// `|>`.
    PipeGreater "`|>`";
    /// `?`.
    Question "`?`";
    /// `?.`.
    QuestionDot "`?.`";
    /// `??`.
    QuestionQuestion "`??`";
    /// `.`.
    Dot "`.`";
    /// `...`.
    Ellipsis "`...`";
    /// `=>`, which the language does not have.
    FatArrow "`=>`";
    }
    keywords {
    Let "let";
    Mut "mut";
    Const "const";
    Func "func";
    Return "return";
    Enum "enum";
    Struct "struct";
    Match "match";
    Case "case";
    Default "default";
    If "if";
    Else "else";
    Loop "loop";
    While "while";
    For "for";
    In "in";
    Break "break";
    Continue "continue";
    Try "try";
    Except "except";
    Import "import";
    Export "export";
    SelfWord "self";
    Null "null";
    True "true";
    False "false";
    Spawn "spawn";
    Yield "yield";
    Async "async";
    Await "await";
    Throw "throw";
    And "and";
    Or "or";
    Not "not";
    Impl "impl";
    }
}
