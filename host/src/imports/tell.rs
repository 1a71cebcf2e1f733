//! Arguments of the host's functions as text, to be compared and shown to people.
//!
//! Whatever a program passes, the text is short: of payload it has the length and a digest.

use std::fmt::{Debug, Write};
use std::net::{IpAddr, SocketAddr};

use sha2::{Digest, Sha256};
use wasmtime::component::{Resource, WasmList, WasmStr};
use wasmtime::{Result, StoreContext, StoreContextMut};

use super::bindings::winsock::spi::transport::{
    Direction, EndpointOption, Interest, Protocol, ReceiveFlags,
};
use super::gather::Ticket;
use super::memory::{self, Parts};
use super::types::{AddressFamily, GroupInterface, IpAddress, SendFlags, SocketAddress};
use super::words::Words;

/// As many bytes of one call count for its digest, so that a call costs no more than that.
const MOST_DIGESTED: usize = 64 << 20;

/// As many parts of a list are looked at; what has more is told by their number alone.
const MOST_PARTS: usize = 65_536;

/// As many bytes of a name are told.
const MOST_TEXT: usize = 256;

/// What a program passes.
pub(crate) trait Tell {
    /// Appends it to `text`.
    ///
    /// # Errors
    ///
    /// If a list is outside of the program's memory.
    fn tell<T: 'static>(&self, store: &mut StoreContextMut<'_, T>, text: &mut String)
    -> Result<()>;
}

fn tell(value: &dyn Debug, text: &mut String) -> Result<()> {
    Ok(write!(text, "{value:?}")?)
}

macro_rules! tell_by_debug {
    ($($type:ty),* $(,)?) => {
        $(impl Tell for $type {
            fn tell<T: 'static>(
                &self,
                _: &mut StoreContextMut<'_, T>,
                text: &mut String,
            ) -> Result<()> {
                tell(self, text)
            }
        })*
    };
}

tell_by_debug! {
    bool, u32, u64, AddressFamily, Direction, EndpointOption, Interest, Protocol, ReceiveFlags,
    SendFlags, Ticket,
}

impl Tell for SocketAddress {
    fn tell<T: 'static>(&self, _: &mut StoreContextMut<'_, T>, text: &mut String) -> Result<()> {
        tell(&SocketAddr::from(*self), text)
    }
}

impl Tell for IpAddress {
    fn tell<T: 'static>(&self, _: &mut StoreContextMut<'_, T>, text: &mut String) -> Result<()> {
        tell(&IpAddr::from(*self), text)
    }
}

impl Tell for GroupInterface {
    fn tell<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        text: &mut String,
    ) -> Result<()> {
        match self {
            GroupInterface::Address(address) => address.tell(store, text),
            GroupInterface::Number(number) => Ok(write!(text, "interface {number}")?),
        }
    }
}

impl<R: 'static> Tell for Resource<R> {
    fn tell<T: 'static>(&self, _: &mut StoreContextMut<'_, T>, text: &mut String) -> Result<()> {
        Ok(write!(text, "#{}", self.rep())?)
    }
}

impl<V: Tell> Tell for Option<V> {
    fn tell<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        text: &mut String,
    ) -> Result<()> {
        match self {
            Some(value) => value.tell(store, text),
            None => {
                text.push_str("none");
                Ok(())
            }
        }
    }
}

impl Tell for WasmStr {
    fn tell<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        text: &mut String,
    ) -> Result<()> {
        let told = self.to_str(&*store)?;
        let shown = told.char_indices().take_while(|(at, _)| *at < MOST_TEXT);
        let shown: String = shown.map(|(_, char)| char).collect();
        tell(&shown, text)?;
        if shown.len() < told.len() {
            write!(text, " of {} bytes", told.len())?;
        }
        Ok(())
    }
}

impl Tell for WasmList<u8> {
    fn tell<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        text: &mut String,
    ) -> Result<()> {
        let mut digest = Digested::new();
        digest.add(self.as_le_slice(StoreContext::from(&*store)));
        Ok(write!(text, "{} bytes {}", self.len(), digest.end())?)
    }
}

impl Tell for WasmList<WasmList<u8>> {
    fn tell<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        text: &mut String,
    ) -> Result<()> {
        let count = self.len();
        if count > MOST_PARTS {
            return Ok(write!(text, "{count} parts")?);
        }
        let mut parts = Parts::new();
        memory::collect(store, self, &mut parts)?;
        let (mut digest, mut total) = (Digested::new(), 0_u64);
        for part in &parts {
            let length = part.len() as u64;
            total = total.saturating_add(length);
            digest.add(&length.to_le_bytes());
            digest.add(part.as_le_slice(StoreContext::from(&*store)));
        }
        Ok(write!(
            text,
            "{count} parts of {total} bytes {}",
            digest.end()
        )?)
    }
}

/// This host asks for no words, and reads none.
impl Tell for WasmList<Words> {
    fn tell<T: 'static>(&self, _: &mut StoreContextMut<'_, T>, text: &mut String) -> Result<()> {
        Ok(write!(text, "{} words", self.len())?)
    }
}

macro_rules! tell_tuple {
    ($($name:ident)*) => {
        #[allow(non_snake_case, unused_variables, reason = "a name is a type and its value")]
        impl<$($name: Tell),*> Tell for ($($name,)*) {
            fn tell<T: 'static>(
                &self,
                store: &mut StoreContextMut<'_, T>,
                text: &mut String,
            ) -> Result<()> {
                let ($($name,)*) = self;
                let begin = text.len();
                $(
                    if text.len() > begin {
                        text.push_str(", ");
                    }
                    $name.tell(store, text)?;
                )*
                Ok(())
            }
        }
    };
}

tell_tuple!();
tell_tuple!(A);
tell_tuple!(A B);
tell_tuple!(A B C);
tell_tuple!(A B C D);
tell_tuple!(A B C D E);

/// A digest of payload, of no more of it than a call may cost.
struct Digested {
    sha: Sha256,
    left: usize,
}

impl Digested {
    fn new() -> Digested {
        Digested {
            sha: Sha256::new(),
            left: MOST_DIGESTED,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let counted = bytes.len().min(self.left);
        self.sha.update(bytes.get(..counted).unwrap_or_default());
        self.left = self.left.saturating_sub(counted);
    }

    /// The first 16 bytes of it, which is plenty: nobody chooses payload against it.
    fn end(self) -> String {
        let digest = self.sha.finalize();
        let mut text = String::new();
        for byte in digest.iter().take(16) {
            // A string takes whatever is written to it.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
