//! The address of a gateway: anybody who may set one must not reach the server's own network by it (OWASP: "Server-Side Request
//! Forgery").

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// A gateway's address: `https`, without a password, at a public host; where local ones are allowed, `http` to those too.
#[derive(Clone, Debug)]
pub struct GatewayUrl(Url);

impl GatewayUrl {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn parse(text: &str, local: bool) -> Result<GatewayUrl, String> {
        let example = "Enter an address such as https://sms.example/send.";
        let url = Url::parse(text).map_err(|_| example.to_owned())?;
        if text.len() > 500 || !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{example} It may hold no password: messages are signed."));
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_local = host == "localhost" || literal.is_ok_and(|ip| !is_public(ip));
        if is_local {
            let fits = local && matches!(url.scheme(), "http" | "https");
            return if fits {
                Ok(GatewayUrl(url))
            } else {
                Err("This address is within the server's own network, which is not called.".to_owned())
            };
        }
        if url.scheme() != "https" || host.is_empty() {
            return Err(format!("{example} It begins with https://."));
        }
        Ok(GatewayUrl(url))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Looks names up, and gives no address that is not public: a name of anybody's can point anywhere.
#[derive(Debug)]
pub struct OnlyPublic;

impl Resolve for OnlyPublic {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is of the public internet (IANA: "Special-Purpose Address Registries").
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_broadcast()
                || ip.is_documentation()
                || ip.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(ip) => match embedded(ip) {
            Some(ip) => is_public(IpAddr::V4(ip)),
            // Only 2000::/3 is given out; of that, not what documents and tunnels use.
            None => {
                let [first, second, ..] = ip.segments();
                first & 0xe000 == 0x2000
                    && first != 0x2002
                    && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
            }
        },
    }
}

/// The address of the older kind within one of the newer kind: mapped, or translated (RFC 6052).
fn embedded(ip: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let translated = || {
        let [a, b, 0, 0, 0, 0, high, low] = ip.segments() else {
            return None;
        };
        let [[w, x], [y, z]] = [high.to_be_bytes(), low.to_be_bytes()];
        (a == 0x64 && b == 0xff9b).then(|| std::net::Ipv4Addr::new(w, x, y, z))
    };
    ip.to_ipv4_mapped().or_else(translated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called() {
        for good in ["8.8.8.8", "203.1.114.1", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
    }

    #[test]
    fn an_address_is_safe_or_refused_with_a_sentence() {
        for (text, local, good) in [
            ("https://sms.example/send?salon=1", false, true),
            ("http://sms.example/send", false, false),
            ("http://sms.example/send", true, false),
            ("https://user:pass@sms.example/", false, false),
            ("ftp://sms.example/", true, false),
            ("file:///etc/passwd", true, false),
            ("sms.example", false, false),
            ("", false, false),
            ("https://127.0.0.1/", false, false),
            ("https://2130706433/", false, false),
            ("https://[::1]/", false, false),
            ("https://localhost/", false, false),
            ("http://127.0.0.1:8320/messages", true, true),
            ("https://169.254.169.254/latest", false, false),
        ] {
            let read = GatewayUrl::parse(text, local);
            assert_eq!(read.is_ok(), good, "{text}: {read:?}");
        }
    }
}
