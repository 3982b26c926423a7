//! Time that this thread has run on a processor: what others do on the machine meanwhile does not count, except
//! for what they throw out of its caches.

/// A moment to measure from.
pub struct Clock(f64);

impl Clock {
    pub fn start() -> Clock {
        Clock(seconds())
    }

    /// Seconds of this thread since.
    pub fn seconds(&self) -> f64 {
        seconds() - self.0
    }
}

/// A moment to measure time of the processor from, over all threads of this process.
pub struct Processor(f64);

impl Processor {
    pub fn start() -> Processor {
        Processor(of_all_threads())
    }

    /// Seconds of all threads since.
    pub fn seconds(&self) -> f64 {
        of_all_threads() - self.0
    }
}

#[cfg(unix)]
fn seconds() -> f64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(unix)]
fn of_all_threads() -> f64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

#[cfg(unix)]
fn read(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Unix, and `time` is there to be written.
    let code = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(code, 0, "no such clock");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Elsewhere the time on the wall has to do.
#[cfg(not(unix))]
fn seconds() -> f64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64()
}

#[cfg(not(unix))]
fn of_all_threads() -> f64 {
    seconds()
}
