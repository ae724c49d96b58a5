//! Short names for what a program takes from its JavaScript. wasm-bindgen's names end in sixteen random digits, which no
//! compression makes smaller, once in the program and once in the script.

use super::slim::{IMPORTS, Input, put, put_sized};

/// How each function of the imports begins in wasm-bindgen's script, and how it ends.
const INDENT: &str = "        ";

/// The program and its script with short names. What the program does not take any more goes from the script. `None` when they
/// are not of the form that wasm-bindgen writes.
pub fn shorten(program: &[u8], script: &str) -> Option<(Vec<u8>, String)> {
    let mut input = Input(program);
    let mut out = input.take(8)?.to_vec();
    let mut names = Vec::new();
    while !input.0.is_empty() {
        let (id, body) = (input.byte()?, input.sized()?);
        out.push(id);
        if id == IMPORTS {
            put_sized(&mut out, &renamed(body, &mut names)?);
        } else {
            put_sized(&mut out, body);
        }
    }
    let script = rewritten(script, &names);
    let is_whole = names
        .iter()
        .enumerate()
        .all(|(index, _)| script.contains(&format!("{INDENT}{}: function(", short(index))));
    is_whole.then_some((out, script))
}

fn short(index: usize) -> String {
    format!("i{index:x}")
}

fn renamed(body: &[u8], names: &mut Vec<String>) -> Option<Vec<u8>> {
    let mut input = Input(body);
    let count = input.number()?;
    let mut out = Vec::new();
    put(&mut out, count);
    for index in 0..count {
        input.sized()?;
        names.push(String::from_utf8(input.sized()?.to_vec()).ok()?);
        put_sized(&mut out, b"i");
        put_sized(&mut out, short(index).as_bytes());
        // A function, and its type.
        (input.byte()? == 0).then_some(())?;
        out.push(0);
        put(&mut out, input.number()?);
    }
    Some(out)
}

fn rewritten(script: &str, names: &[String]) -> String {
    let mut out = String::with_capacity(script.len());
    let mut dropping = false;
    for line in script.lines() {
        let inner = line.strip_prefix(INDENT).filter(|rest| !rest.starts_with(' '));
        let entry = inner.and_then(|rest| rest.split_once(": function("));
        let line = match entry {
            Some((name, rest)) => {
                let index = names.iter().position(|one| one == name);
                dropping = index.is_none();
                format!("{INDENT}{}: function({rest}", short(index.unwrap_or_default()))
            }
            None => line.replace("\"./program_bg.js\": import0", "i: import0"),
        };
        if !dropping {
            out.push_str(&line);
            out.push('\n');
        }
        dropping = dropping && !inner.is_some_and(|rest| rest.starts_with('}'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "    const import0 = {\n        __wbg_a_01: function(arg0) {\n            a(arg0);\n        },\n        \
        __wbg_b_02: function() { return handleError(function () {\n            b();\n        }, arguments); },\n    };\n    \
        return {\n        \"./program_bg.js\": import0,\n    };\n";

    #[test]
    fn taken_functions_are_renamed_on_both_sides_and_others_go() {
        let mut body = vec![1];
        put_sized(&mut body, b"./program_bg.js");
        put_sized(&mut body, b"__wbg_b_02");
        body.extend([0, 5]);
        let mut program = b"\0asm\x01\0\0\0\x02".to_vec();
        put_sized(&mut program, &body);
        let (shorter, script) = shorten(&program, SCRIPT).unwrap();
        assert_eq!(shorter, b"\0asm\x01\0\0\0\x02\x08\x01\x01i\x02i0\0\x05");
        let expected = "    const import0 = {\n        i0: function() { return handleError(function () {\n            b();\n        \
            }, arguments); },\n    };\n    return {\n        i: import0,\n    };\n";
        assert_eq!(script, expected);
        assert_eq!(shorten(&program, "no such function"), None);
    }
}
