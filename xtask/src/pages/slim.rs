//! Takes out of a program what stable Rust can't leave out yet (`panic=immediate-abort` is one day's answer to the first two).
//!
//! * **Panics** end the program without a word: there is no console to read them, and the page says how to go on
//!   (`public/boot.js`). Their functions become a trap; `wasm-opt` then drops all that only they use.
//! * **The places of panics**: names of files, and the tables of lines that go with them.
//! * **Streams**: `wasm-streams` comes with Leptos, exports its classes, and nothing here calls them.

/// Functions that a panic goes through: a part of their names.
const PANICS: [&str; 11] = [
    "::panicking::",
    "slice_error_fail",
    "slice_index_fail",
    "unwrap_failed",
    "expect_failed",
    "handle_alloc_error",
    "raw_vec::handle_error",
    "capacity_overflow",
    "::panic_already_",
    "::panic_access_error",
    "::panic_poisoned",
];
/// What `{}` and `{:?}` go through. Panics alone ask for it: the widget puts its texts together without (`cargo xtask tidy`
/// looks after that).
const FORMATS: [&str; 3] = ["fmt::Debug>::fmt", "fmt::Display>::fmt", "fmt::Write"];
/// Functions that only the streams use.
const STREAMS: [&str; 2] = ["js_sys::futures::future_to_promise", "wasm_streams::"];
/// Exports that nobody calls: a part of their names.
const UNCALLED: &str = "intounderlying";
/// No local variables, `unreachable`, `end`.
const TRAP: [u8; 3] = [0, 0x00, 0x0b];

const CUSTOM: u8 = 0;
/// The number of the section of imports.
pub const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// The program without them; `None` when it is not of the form that wasm-bindgen writes.
pub fn slim(program: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(program);
    let mut out = input.take(8)?.to_vec();
    let mut sections = Vec::new();
    while !input.0.is_empty() {
        sections.push((input.byte()?, input.sized()?));
    }
    let imported = sections.iter().find(|(id, _)| *id == IMPORTS);
    let imported = imported.map_or(Some(0), |(_, body)| imported_functions(body))?;
    let names = sections.iter().filter(|(id, _)| *id == CUSTOM);
    let names = names.filter_map(|(_, body)| function_names(body)).next()?;
    for (id, body) in sections {
        let body = match id {
            EXPORTS => exports(body)?,
            CODE => code(body, |index| {
                names
                    .iter()
                    .any(|(at, name)| *at == index + imported && is_unneeded(name))
            })?,
            DATA => data(body)?,
            _ => body.to_vec(),
        };
        out.push(id);
        put_sized(&mut out, &body);
    }
    Some(out)
}

fn is_unneeded(name: &str) -> bool {
    // Whether a panic is under way is asked by locks.
    let panics = PANICS.iter().any(|part| name.contains(part)) && !name.contains("panic_count");
    panics || FORMATS.iter().chain(&STREAMS).any(|part| name.contains(part))
}

fn imported_functions(body: &[u8]) -> Option<usize> {
    let mut input = Input(body);
    let count = input.number()?;
    for _ in 0..count {
        input.sized()?;
        input.sized()?;
        // wasm-bindgen imports functions alone.
        (input.byte()? == 0).then_some(())?;
        input.number()?;
    }
    Some(count)
}

fn function_names(body: &[u8]) -> Option<Vec<(usize, &str)>> {
    let mut input = Input(body);
    (input.sized()? == b"name").then_some(())?;
    while !input.0.is_empty() {
        let (kind, part) = (input.byte()?, input.sized()?);
        if kind != 1 {
            continue;
        }
        let mut part = Input(part);
        let count = part.number()?;
        return (0..count)
            .map(|_| Some((part.number()?, std::str::from_utf8(part.sized()?).ok()?)))
            .collect();
    }
    None
}

fn exports(body: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(body);
    let mut kept = 0;
    let mut out = Vec::new();
    for _ in 0..input.number()? {
        let name = input.sized()?;
        let (kind, index) = (input.byte()?, input.number()?);
        if !String::from_utf8_lossy(name).contains(UNCALLED) {
            kept += 1;
            put_sized(&mut out, name);
            out.push(kind);
            put(&mut out, index);
        }
    }
    let mut whole = Vec::new();
    put(&mut whole, kept);
    whole.append(&mut out);
    Some(whole)
}

fn code(body: &[u8], traps: impl Fn(usize) -> bool) -> Option<Vec<u8>> {
    let mut input = Input(body);
    let count = input.number()?;
    let mut out = Vec::with_capacity(body.len());
    put(&mut out, count);
    for index in 0..count {
        let function = input.sized()?;
        put_sized(&mut out, if traps(index) { &TRAP } else { function });
    }
    Some(out)
}

/// Blanks the places of panics in the memory that the program starts with: zeroes cost nothing.
fn data(body: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(body);
    let count = input.number()?;
    let mut out = Vec::with_capacity(body.len());
    put(&mut out, count);
    for _ in 0..count {
        // An active segment of the one memory: `i32.const`, where it begins, `end`.
        (input.number()? == 0 && input.byte()? == 0x41).then_some(())?;
        let start = input.number()?;
        (input.byte()? == 0x0b).then_some(())?;
        let mut bytes = input.sized()?.to_vec();
        for (place, name) in places(&bytes, start) {
            for range in [place, name] {
                bytes.get_mut(range)?.fill(0);
            }
        }
        out.extend([0, 0x41]);
        put_signed(&mut out, start);
        out.push(0x0b);
        put_sized(&mut out, &bytes);
    }
    Some(out)
}

type Range = std::ops::Range<usize>;

/// `core::panic::Location`s: four words (address and length of the file's name, line, column), and the names they mean.
fn places(bytes: &[u8], start: usize) -> Vec<(Range, Range)> {
    let word = |at: usize| {
        let word = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(word)).ok()
    };
    let place = |at: usize| {
        let (address, length) = (word(at)?.checked_sub(start)?, word(at + 4)?);
        let name = address..address.checked_add(length)?;
        let text = std::str::from_utf8(bytes.get(name.clone())?).ok()?;
        let plausible = (1..200_000).contains(&word(at + 8)?) && (1..1_000).contains(&word(at + 12)?);
        (plausible && length < 250 && text.ends_with(".rs")).then_some((at..at + 16, name))
    };
    (0..bytes.len()).step_by(4).filter_map(place).collect()
}

/// WebAssembly's bytes, read from the front.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of a variable length (LEB128).
    pub fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Bytes after their number.
    pub fn sized(&mut self) -> Option<&'a [u8]> {
        let count = self.number()?;
        self.take(count)
    }
}

/// Writes a number of a variable length.
pub fn put(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        out.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return;
        }
    }
}

/// A positive number where a signed one is meant: its highest bit must not look like a sign.
fn put_signed(out: &mut Vec<u8>, number: usize) {
    let mut bytes = Vec::new();
    put(&mut bytes, number);
    if let Some(last) = bytes.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    out.append(&mut bytes);
}

/// Writes bytes after their number.
pub fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_go_through_is_told_by_its_name() {
        for (name, expected) in [
            ("core[c5930c85a12de822]::panicking::panic_fmt", true),
            ("core::result::unwrap_failed::h0123456789abcdef", true),
            ("<char as core[c5930c85a12de822]::fmt::Debug>::fmt", true),
            (
                "std[a543996e6e7dbf1e]::panicking::panic_count::is_zero_slow_path",
                false,
            ),
            ("<i32 as core[c5930c85a12de822]::fmt::Display>::fmt", true),
            ("core[c5930c85a12de822]::fmt::Write::write_fmt", true),
            ("booking_checkout::flow::pay::settle", false),
        ] {
            assert_eq!(is_unneeded(name), expected, "{name}");
        }
    }

    #[test]
    fn a_panic_traps_an_uncalled_export_goes_and_the_rest_stays() {
        let mut program = b"\0asm\x01\0\0\0".to_vec();
        let section = |id: u8, body: &[u8]| [&[id], &*sized(body)].concat();
        program.extend(section(IMPORTS, b"\x01\x01e\x01f\0\0"));
        program.extend(section(
            EXPORTS,
            &[
                b"\x02".as_slice(),
                &sized(b"main"),
                &[0, 1],
                &sized(b"intounderlyingsink_close"),
                &[0, 2],
            ]
            .concat(),
        ));
        program.extend(section(CODE, b"\x02\x04\0\x01\x01\x0b\x04\0\x01\x01\x0b"));
        program.extend(section(
            CUSTOM,
            &[
                sized(b"name"),
                vec![1],
                sized(
                    &[
                        b"\x02\x01".as_slice(),
                        &sized(b"main"),
                        b"\x02",
                        &sized(b"core::panicking::panic"),
                    ]
                    .concat(),
                ),
            ]
            .concat(),
        ));
        let slimmer = slim(&program).unwrap();
        let text = String::from_utf8_lossy(&slimmer);
        assert!(text.contains("main") && !text.contains("intounderlying"));
        assert!(
            slimmer
                .windows(10)
                .any(|bytes| bytes == b"\x02\x04\0\x01\x01\x0b\x03\0\0\x0b"),
            "{slimmer:x?}"
        );
        assert_eq!(slim(b"\0asm\x01\0\0\0"), None);
    }

    #[test]
    fn places_are_blanked_and_words_beside_them_are_not() {
        let start = 1_048_576_usize;
        let mut bytes = b"details.titlesrc/app.rspay.button...".to_vec();
        let words = [start + 13, 10, 7, 3, start, 13, 7, 3];
        bytes.extend(
            words
                .iter()
                .flat_map(|word| u32::try_from(*word).unwrap().to_le_bytes()),
        );
        let mut body = vec![1, 0, 0x41];
        put_signed(&mut body, start);
        body.push(0x0b);
        body.extend(sized(&bytes));
        let out = data(&body).unwrap();
        assert_eq!(out.len(), body.len());
        let rest = out.get(out.len() - bytes.len()..).unwrap();
        assert_eq!(rest[..36], *b"details.title\0\0\0\0\0\0\0\0\0\0pay.button...");
        assert_eq!(rest[36..52], [0; 16]);
        assert_eq!(rest[52..], bytes[52..]);
    }

    fn sized(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_sized(&mut out, bytes);
        out
    }
}
