//! How the server stands to the network: who is believed, how much one address may do, how long anything may take.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    time::Duration,
};

use super::ConfigError;

/// The settings of the doors.
#[derive(Clone, Debug)]
pub struct Doors {
    /// `BOOKING_LIMITS`: whether calls and declined cards are counted.
    pub limits: bool,
    /// `BOOKING_TRUSTED_PROXY`: the proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<Network>,
    /// `BOOKING_CONNECTIONS`: how many connections there may be at once.
    pub connections: u32,
    /// How many of them one address may have; a trusted proxy may have all.
    pub connections_of_one: u32,
    /// How long a connection's parts may take.
    pub patience: Patience,
}

/// Time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, from the first byte or from the answer before: also how long an idle connection is kept.
    pub head: Duration,
    /// The same for a trusted proxy, which keeps its connections (nginx: 60 s) and must be the one to close them.
    pub head_of_proxy: Duration,
    /// For a whole connection of a stranger. Who reads an answer a byte at a time is cut off then.
    pub connection: Duration,
    /// For what is under way when a connection has to end.
    pub last_answer: Duration,
}

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    address: u128,
    bits: u32,
}

impl Default for Doors {
    fn default() -> Doors {
        Doors {
            limits: true,
            proxies: vec![],
            connections: 1_024,
            connections_of_one: 64,
            patience: Patience {
                head: Duration::from_secs(20),
                head_of_proxy: Duration::from_secs(75),
                connection: Duration::from_secs(300),
                last_answer: Duration::from_secs(60),
            },
        }
    }
}

impl Doors {
    /// Reads the settings; `get` is the environment.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is wrong. A public address with TLS and no word on the proxy that does
    /// it is one: all clients would count as that proxy's one address.
    pub fn read(get: impl Fn(&str) -> Option<String>, public_url: &str) -> Result<Doors, ConfigError> {
        let get = |name: &str| get(name).filter(|text| !text.is_empty());
        let usual = Doors::default();
        let limits = match get("BOOKING_LIMITS").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(other) => {
                return Err(ConfigError {
                    name: "BOOKING_LIMITS",
                    what: format!("`{other}` is neither on nor off"),
                });
            }
        };
        let proxies = match get("BOOKING_TRUSTED_PROXY").as_deref() {
            None if limits && public_url.starts_with("https://") => {
                return Err(ConfigError {
                    name: "BOOKING_TRUSTED_PROXY",
                    what: "is not set, but BOOKING_PUBLIC_URL is https, so a proxy stands in front: name its address, such as \
                           127.0.0.1, and let it send X-Forwarded-For; or say `none`, and all clients count as one"
                        .to_owned(),
                });
            }
            None | Some("none") => vec![],
            Some(list) => list
                .split(',')
                .map(|one| one.trim().parse())
                .collect::<Result<_, _>>()?,
        };
        let connections = match get("BOOKING_CONNECTIONS") {
            None => usual.connections,
            Some(text) => text
                .parse()
                .ok()
                .filter(|count| (1..=100_000).contains(count))
                .ok_or_else(|| ConfigError {
                    name: "BOOKING_CONNECTIONS",
                    what: format!("`{text}` is no number from 1 to 100000"),
                })?,
        };
        Ok(Doors {
            limits,
            proxies,
            connections,
            connections_of_one: if limits {
                usual.connections_of_one
            } else {
                connections
            },
            ..usual
        })
    }

    /// Whether this is a proxy that is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.has(address))
    }
}

impl Network {
    /// Whether the address is in it.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let ignored = u128::BITS - self.bits;
        let differs = self.address ^ bits_of(address);
        differs.checked_shr(ignored).unwrap_or_default() == 0
    }
}

/// `10.0.0.0/8`, `2001:db8::/32`, or one address.
impl FromStr for Network {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Network, ConfigError> {
        let wrong = || ConfigError {
            name: "BOOKING_TRUSTED_PROXY",
            what: format!(
                "`{text}` is no address or network, such as 127.0.0.1 or 10.0.0.0/8; several are divided by commas"
            ),
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        // An IPv4 address is kept as the IPv6 one that stands for it.
        let (all, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = match bits {
            None => all,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= all).ok_or_else(wrong)?,
        };
        Ok(Network {
            address: bits_of(address),
            bits: before + bits,
        })
    }
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address that is counted: an IPv4 address, or the 64 bits of an IPv6 address that a household or a machine has to itself.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits())),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)], public_url: &str) -> Result<Doors, String> {
        let get = |name: &str| {
            let found = settings.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Doors::read(get, public_url).map_err(|error| error.to_string())
    }

    #[test]
    fn a_network_has_its_addresses_and_no_others() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("0.0.0.0/0", "9.9.9.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(
                network.has(address.parse().unwrap()),
                expected,
                "{network:?} {address}"
            );
        }
        for wrong in ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ipv6_address_counts_by_its_64_bits() {
        let of = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn each_setting_is_read_or_named() {
        let usual = read(&[], "http://127.0.0.1:8300").unwrap();
        assert!(usual.limits && usual.proxies.is_empty() && usual.connections_of_one < usual.connections);
        let unsaid = read(&[], "https://salon.example").unwrap_err();
        assert!(
            unsaid.starts_with("BOOKING_TRUSTED_PROXY: is not set"),
            "{unsaid}"
        );
        assert!(read(&[("BOOKING_TRUSTED_PROXY", "none")], "https://salon.example").is_ok());
        assert!(read(&[("BOOKING_LIMITS", "off")], "https://salon.example").is_ok());
        let two = read(&[("BOOKING_TRUSTED_PROXY", "127.0.0.1, fd00::/8")], "https://x").unwrap();
        assert!(two.trusts("fd00::7".parse().unwrap()) && !two.trusts("127.0.0.9".parse().unwrap()));
        for (name, value) in [
            ("BOOKING_LIMITS", "some"),
            ("BOOKING_TRUSTED_PROXY", "nginx"),
            ("BOOKING_CONNECTIONS", "0"),
        ] {
            let error = read(&[(name, value)], "http://x").unwrap_err();
            assert!(error.starts_with(name) && error.contains(value), "{error}");
        }
    }
}
