//! How much memory a program may take when nobody has said so.
//!
//! A program that takes more and more would be killed by the operating system, or
//! make the whole machine slow before that. So it is stopped with an error while
//! there is still room for what it takes last: a collection that grows is copied to
//! twice its size.
//!
//! Example: on a machine of 16 GB a program may take 8 GB.

use rustix::process::{Resource, getrlimit};

/// Where Linux tells what a container may take, in the two versions of its groups.
const GROUPS: [&str; 2] =
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// The bytes that values may take: half of the memory that there is, or a quarter of
/// the addresses that the process may use. `None` if neither is known.
pub fn default_limit() -> Option<u64> {
    let group = GROUPS.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let group = group.and_then(|text| text.trim().parse::<u64>().ok());
    let memory = machine().into_iter().chain(group).min().map(|bytes| bytes / 2);
    let addresses = getrlimit(Resource::As).current.map(|bytes| bytes / 4);
    memory.into_iter().chain(addresses).min()
}

#[cfg(target_os = "linux")]
fn machine() -> Option<u64> {
    let info = rustix::system::sysinfo();
    Some((info.totalram as u64).saturating_mul(info.mem_unit as u64))
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<u64> {
    None
}
