//! The cases, one function for each, in the order of the reference's sections.

mod arguments;
mod close;
mod events;
mod flags;
mod gather;
mod messages;
mod mode;
mod network_events;
mod options;
mod reset;
mod result;
mod routines;
mod shutdown;
mod start;
mod stream;

pub use arguments::*;
pub use close::*;
pub use events::*;
pub use flags::*;
pub use gather::*;
pub use messages::*;
pub use mode::*;
pub use network_events::*;
pub use options::*;
pub use reset::*;
pub use result::*;
pub use routines::*;
pub use shutdown::*;
pub use start::*;
pub use stream::*;
