//! Finds secrets in heaps of bytes, also when they are written in another way.

use ::base64::{Engine as _, engine::general_purpose as base64};

/// Something that must not be found.
pub struct Secret {
    what: &'static str,
    /// All the ways in which it may be written.
    forms: Vec<Vec<u8>>,
}

/// Something that is searched.
pub struct Heap {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Secret {
    /// All of it. For the sandbox's keys, which are one but for their prefixes.
    pub fn whole(what: &'static str, text: &str) -> Secret {
        Secret {
            what,
            forms: forms(text),
        }
    }

    /// It, or a part of it.
    pub fn of(what: &'static str, text: &str) -> Secret {
        assert!(text.len() >= 16, "{what} is too short to be searched for");
        // A part of it is a leak as well: what stands after the prefix, and half of that.
        let body = text.rsplit('_').next().unwrap_or(text);
        let body = if body.len() < 16 { text } else { body };
        let half = body.split_at(body.len() / 2).1;
        let parts = [text, body, half].into_iter().filter(|part| part.len() >= 12);
        Secret {
            what,
            forms: parts.flat_map(forms).collect(),
        }
    }
}

/// A text as it is, and as it may be written.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let list = |bytes: &[u8]| {
        format!("{bytes:?}")
            .trim_matches(['[', ']'])
            .to_owned()
            .into_bytes()
    };
    let mut forms = vec![
        bytes.to_vec(),
        text.to_uppercase().into_bytes(),
        hex::encode(bytes).into_bytes(),
        base64::STANDARD_NO_PAD.encode(bytes).into_bytes(),
        base64::URL_SAFE_NO_PAD.encode(bytes).into_bytes(),
        list(bytes),
        // UTF-16, as some stores write text.
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    // The bytes that hexadecimal digits stand for, written out in other ways.
    if let Ok(raw) = hex::decode(text) {
        forms.extend([base64::STANDARD_NO_PAD.encode(&raw).into_bytes(), list(&raw), raw]);
    }
    forms
}

/// Each secret that is in a heap, by their names; never the secret itself.
pub fn search(heaps: &[Heap], secrets: &[Secret]) -> Vec<String> {
    // By their first two bytes: heaps are large, and are gone through once.
    let mut beginning = vec![Vec::new(); 1 << 16];
    for secret in secrets {
        for form in &secret.forms {
            beginning[pair(form[0], form[1])].push((secret.what, form));
        }
    }
    let mut found = Vec::new();
    for heap in heaps {
        // The first of each: what stands before a part of a secret may be the rest of it.
        let mut here_already = Vec::new();
        let mut last = 0;
        for (at, byte) in heap.bytes.iter().enumerate() {
            let here = pair(last, *byte);
            last = *byte;
            if beginning[here].is_empty() || at == 0 {
                continue;
            }
            let rest = &heap.bytes[at - 1..];
            for (what, form) in &beginning[here] {
                if here_already.contains(what) || !rest.starts_with(form) {
                    continue;
                }
                here_already.push(what);
                let around = String::from_utf8_lossy(&heap.bytes[at.saturating_sub(60)..at - 1]);
                found.push(format!("{what} in {} after {around:?}", heap.name));
            }
        }
    }
    found
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

#[test]
fn a_leak_is_found_however_it_is_written() {
    let key = "sk_test_51SandboxDemoSalon000001";
    let master = "d1c2b3a4958677869504a3b2c1d0e1f2030405060708090a0b0c0d0e0f101112";
    let raw = hex::decode(master).unwrap();
    let secrets = [Secret::of("key", key), Secret::of("master", master)];
    let leaks: Vec<Vec<u8>> = vec![
        key.into(),
        format!("Authorization: Bearer {key}").into(),
        "…51SandboxDemoSalon000001".into(),
        "sk_***DemoSalon000001".into(),
        base64::STANDARD.encode(key).into(),
        hex::encode(key).into(),
        format!("{:?}", key.as_bytes()).into(),
        key.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        master.into(),
        master.to_uppercase().into(),
        raw.clone(),
        format!("Key({raw:?})").into(),
        base64::STANDARD.encode(&raw).into(),
    ];
    for leak in leaks {
        let mut bytes = vec![0; 5_000];
        bytes.extend(&leak);
        bytes.extend([b's'; 5_000]);
        let heap = Heap {
            name: "heap".to_owned(),
            bytes,
        };
        let found = search(&[heap], &secrets);
        assert!(!found.is_empty(), "{}", String::from_utf8_lossy(&leak));
        assert!(!found.concat().contains("Sandbox"));
    }
    let clean = Heap {
        name: "heap".to_owned(),
        bytes: b"sk_test_ Bearer bt_ whsec_ MasterKey(1a2b3c4d, and 1 former)".to_vec(),
    };
    assert!(search(&[clean], &secrets).is_empty());
}
