//! What Linux knows of a process: the time it has worked and the memory it holds.

/// The processor time a process has used, in milliseconds.
pub fn processor_time(process: Option<u32>) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process?)).ok()?;
    let after_name = stat.rsplit_once(") ")?.1;
    let mut fields = after_name.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    // Linux counts in hundredths of a second here, on every machine.
    Some((user + system) * 10)
}

/// A process's memory in kB: now, and at its highest.
pub fn memory(process: Option<u32>) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process?)).ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((kilobytes("VmRSS:")?, kilobytes("VmHWM:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_memory_and_time_can_be_read() {
        let own = Some(std::process::id());
        assert!(memory(own).unwrap().1 > 0);
        assert!(processor_time(own).is_some());
    }
}
