//! Layer 6. A line as a part of another program: what `flowline build` writes, and the interface in C by which
//! whoever links it creates, runs, reads and copies replications (`docs/embedding.md`).
//!
//! ```text
//! text ─► plant ─► program ─► object file (code, text)      flowline build
//!                                  │ linked
//! handle ◄─ model ◄─ plant ◄─ text ┘                         the library
//! ```
//!
//! The object holds the code and the text. The library lays the text out again, once for each handle, so that
//! parameters can be set, and runs the code of the object on it: numbers are data, only shapes are code. A
//! parameter that would change the code is refused.
//!
//! [`source`] is the text that goes along, [`linked`] a line made ready, [`handle`] one replication of it,
//! [`state`] its state as a block of bytes, [`interface`] the functions in C, [`header`] their declarations.
//! It knows neither files nor terminals. Start at [`handle::Handle`].

pub mod handle;
pub mod header;
pub mod interface;
pub mod linked;
pub mod source;
pub mod state;

/// Version of the interface in C: functions may be added under the same version, but never change.
pub const INTERFACE: u32 = 1;

/// Version of what objects and the library share: the descriptor, the source that goes along, and the calls of
/// the code into the library.
pub const LINKAGE: u64 = 1;

/// Why a call failed; the numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A null pointer, a text that is not UTF-8, no such name or number.
    BadArgument,
    /// The object and the library do not fit, or this processor cannot run it.
    BadLine,
    /// A parameter cannot have this value.
    BadSetting,
    /// A parameter with this value needs other code.
    NeedsBuild,
    /// A state that is not one of this line with these parameters.
    BadState,
    /// The run cannot go on: the line has locked up, a time is none, memory is used up.
    Stopped,
    /// A bug of the library.
    Internal,
}

impl Code {
    /// The number in C.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Code::BadArgument => -1,
            Code::BadLine => -2,
            Code::BadSetting => -3,
            Code::NeedsBuild => -4,
            Code::BadState => -5,
            Code::Stopped => -6,
            Code::Internal => -7,
        }
    }
}

/// A call that failed, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind.
    pub code: Code,
    /// The reason.
    pub words: String,
}

impl Refused {
    /// A refusal.
    pub fn new(code: Code, words: impl Into<String>) -> Refused {
        Refused { code, words: words.into() }
    }
}
