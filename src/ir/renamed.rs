//! Former names: what was renamed with `was:` keeps its random streams and its place among equals.

/// Present and former names of what was renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// Present name, former name.
    names: Vec<(String, String)>,
}

impl Renamed {
    /// Records that `now` was called `before`.
    pub fn add(&mut self, now: String, before: String) {
        self.names.push((now, before));
    }

    /// Whether something else was called `before`.
    #[must_use]
    pub fn has(&self, before: &str) -> bool {
        self.names.iter().any(|(_, old)| old == before)
    }

    /// As [`Renamed::former`], without a copy where nothing has another name.
    #[must_use]
    pub fn before<'a>(&self, name: &'a str) -> std::borrow::Cow<'a, str> {
        if self.names.is_empty() { name.into() } else { self.former(name).into() }
    }

    /// A name with former names in place of present ones, also inside `a->b`, `a.queue`, `a#2` and
    /// `a[3]`. O(length · renamed).
    #[must_use]
    pub fn former(&self, name: &str) -> String {
        let mut left = name;
        let mut told = String::with_capacity(name.len());
        if self.names.is_empty() {
            return name.to_string();
        }
        while !left.is_empty() {
            let end = left.find("->").into_iter().chain(left.find('|')).min().unwrap_or(left.len());
            let (part, rest) = left.split_at(end);
            let of = self.names.iter().find_map(|(now, before)| {
                let behind = part.strip_prefix(now.as_str())?;
                (behind.is_empty() || behind.starts_with(['.', '[', '#'])).then_some((before, behind))
            });
            match of {
                Some((before, behind)) => {
                    told.push_str(before);
                    told.push_str(behind);
                }
                None => told.push_str(part),
            }
            let separator = if rest.starts_with("->") { 2 } else { usize::from(!rest.is_empty()) };
            let (sign, behind) = rest.split_at(separator);
            told.push_str(sign);
            left = behind;
        }
        told
    }
}
