//! Who calls: the address of the connection, or what a trusted proxy says.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap};

use crate::config::doors::Doors;

/// The address that a request comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Client(pub IpAddr);

/// The address of a request that came over this connection.
///
/// Each proxy adds to `X-Forwarded-For` whom it heard; what stands before that, the client may have made up. So the last
/// one counts that is no trusted proxy itself.
#[must_use]
pub fn client(doors: &Doors, connection: IpAddr, headers: &HeaderMap) -> Client {
    let mut from = connection;
    let named = headers.get_all("x-forwarded-for");
    let mut hops: Vec<&str> = named
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    while doors.trusts(from) {
        let Some(hop) = hops.pop().and_then(address) else {
            break;
        };
        from = hop;
    }
    Client(from.to_canonical())
}

/// Whom a request counts for; unknown where the server is not run by [`super::serve()`].
#[must_use]
pub fn of(extensions: &Extensions) -> Option<Client> {
    extensions.get().copied()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    hop.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_about_whom_it_heard() {
        let doors = |proxies: &[&str]| Doors {
            proxies: proxies.iter().map(|one| one.parse().unwrap()).collect(),
            ..Doors::default()
        };
        let two = &["10.0.0.0/8", "127.0.0.1"][..];
        for (proxies, connection, said, expected) in [
            // Nobody is trusted: the header is made up.
            (&[][..], "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            (two, "192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            (two, "127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            // The client's own lies stand before what the proxy added, in the same header or another.
            (two, "127.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (two, "127.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
            (
                two,
                "127.0.0.1",
                &["203.0.113.9, 198.51.100.7 , 10.1.2.3"],
                "198.51.100.7",
            ),
            (two, "127.0.0.1", &["2001:db8:1:2:3::4"], "2001:db8:1:2:3::4"),
            (two, "127.0.0.1", &["[::ffff:198.51.100.9]:443"], "198.51.100.9"),
            (two, "127.0.0.1", &["198.51.100.7:5000"], "198.51.100.7"),
            // A proxy that says nothing, or nonsense, counts itself.
            (two, "127.0.0.1", &[], "127.0.0.1"),
            (two, "127.0.0.1", &["unknown"], "127.0.0.1"),
            (two, "127.0.0.1", &["203.0.113.9, unknown"], "127.0.0.1"),
            (two, "127.0.0.1", &["10.0.0.1"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for one in said {
                headers.append("x-forwarded-for", one.parse().unwrap());
            }
            let found = client(&doors(proxies), connection.parse().unwrap(), &headers);
            assert_eq!(found.0.to_string(), expected, "{connection} {said:?}");
        }
    }
}
