//! Form encoding with nested keys, as Stripe's API takes it: `a=1`, `a[b][c]=2`, `a[]=3`, `a[0][b]=4`.

/// Deeper nesting and more pairs than any real call has are refused, so that a request can't cost more than its bytes.
const MAX_DEPTH: usize = 8;
const MAX_PAIRS: usize = 1_000;

/// One value of a parsed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `a=1`.
    Text(String),
    /// Children in order of arrival. A list is a branch whose keys are empty (`a[]`) or numbers (`a[0]`).
    Branch(Vec<(String, Node)>),
}

/// Parses a query string or a form body.
///
/// # Errors
/// A sentence for the caller.
pub fn parse(raw: &str) -> Result<Vec<(String, Node)>, String> {
    let mut root = Vec::new();
    for (count, pair) in raw.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= MAX_PAIRS {
            return Err(format!("A request may carry at most {MAX_PAIRS} parameters."));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key).ok_or_else(|| "Invalid percent-encoding in a parameter's name.".to_owned())?;
        let value =
            decode(value).ok_or_else(|| format!("Invalid percent-encoding in the value of {key}."))?;
        let path = split_key(&key)?;
        insert(&mut root, &path, value)
            .map_err(|()| format!("Invalid parameter: {key} is given twice in different shapes."))?;
    }
    Ok(root)
}

fn split_key(key: &str) -> Result<Vec<&str>, String> {
    let invalid = || format!("Invalid parameter name: {key}.");
    let (head, mut rest) = match key.find('[') {
        Some(at) => key.split_at(at),
        None => (key, ""),
    };
    if head.is_empty() {
        return Err(invalid());
    }
    let mut path = vec![head];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(invalid)?;
        let (part, after) = inner.split_once(']').ok_or_else(invalid)?;
        path.push(part);
        rest = after;
        if path.len() > MAX_DEPTH {
            return Err(invalid());
        }
    }
    Ok(path)
}

fn insert(level: &mut Vec<(String, Node)>, path: &[&str], value: String) -> Result<(), ()> {
    let Some((head, rest)) = path.split_first() else {
        return Err(());
    };
    if rest.is_empty() {
        if head.is_empty() {
            level.push((String::new(), Node::Text(value)));
            return Ok(());
        }
        return match level.iter_mut().find(|(key, _)| key == head) {
            // The last one wins, as with any form.
            Some((_, Node::Text(text))) => {
                *text = value;
                Ok(())
            }
            Some(_) => Err(()),
            None => {
                level.push(((*head).to_owned(), Node::Text(value)));
                Ok(())
            }
        };
    }
    // `a[][b]=1&a[][c]=2` is one item, `a[][b]=1&a[][b]=2` are two.
    let fresh = head.is_empty()
        && match level.last() {
            Some((last, Node::Branch(children))) if last.is_empty() => rest
                .first()
                .is_some_and(|next| children.iter().any(|(key, _)| key == next)),
            _ => true,
        };
    let position = if head.is_empty() {
        level.len().checked_sub(1).filter(|_| !fresh)
    } else {
        level.iter().position(|(key, _)| key == head)
    };
    if let Some(position) = position {
        return match level.get_mut(position) {
            Some((_, Node::Branch(children))) => insert(children, rest, value),
            _ => Err(()),
        };
    }
    let mut children = Vec::new();
    insert(&mut children, rest, value)?;
    level.push(((*head).to_owned(), Node::Branch(children)));
    Ok(())
}

fn decode(raw: &str) -> Option<String> {
    if !raw.contains(['%', '+']) {
        return Some(raw.to_owned());
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(nodes: &[(String, Node)]) -> String {
        let parts: Vec<String> = nodes
            .iter()
            .map(|(key, node)| match node {
                Node::Text(text) => format!("{key}={text}"),
                Node::Branch(children) => format!("{key}{{{}}}", show(children)),
            })
            .collect();
        parts.join(",")
    }

    #[test]
    fn nested_keys() {
        for (raw, expected) in [
            ("", ""),
            ("a=1&b=", "a=1,b="),
            ("a", "a="),
            ("a=1&a=2", "a=2"),
            ("a[b][c]=1&a[b][d]=2&a[e]=3", "a{b{c=1,d=2},e=3}"),
            ("a[]=1&a[]=2", "a{=1,=2}"),
            ("a[0]=x&a[1]=y", "a{0=x,1=y}"),
            ("a[0][b]=1&a[0][c]=2&a[1][b]=3", "a{0{b=1,c=2},1{b=3}}"),
            ("a[][b]=1&a[][c]=2&a[][b]=3", "a{{b=1,c=2},{b=3}}"),
            ("a[x][b]=1&a[][c]=2", "a{x{b=1},{c=2}}"),
            ("a%5Bb%5D=c+d%26e%3D%C3%BC", "a{b=c d&e=ü}"),
            ("expand[0]=data.customer", "expand{0=data.customer}"),
        ] {
            assert_eq!(show(&parse(raw).unwrap()), expected, "{raw}");
        }
    }

    #[test]
    fn refused() {
        for raw in [
            "a[b=1",
            "[b]=1",
            "a[b]c=1",
            "a=%zz",
            "a=%C3",
            "a=1&a[b]=2",
            "a[b]=1&a=2",
            "a[b][c][d][e][f][g][h][i]=1",
        ] {
            assert!(parse(raw).is_err(), "{raw}");
        }
        assert!(parse(&"a[]=1&".repeat(1_001)).is_err());
    }
}
