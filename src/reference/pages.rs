//! The pages of the language reference, built into the program.

/// Names and texts, in the order of reading.
pub const PAGES: &[(&str, &str)] = &[
    ("quantities.md", include_str!("../../tests/spec/quantities.md")),
    ("sources.md", include_str!("../../tests/spec/sources.md")),
    ("machines.md", include_str!("../../tests/spec/machines.md")),
    ("work.md", include_str!("../../tests/spec/work.md")),
    ("stay.md", include_str!("../../tests/spec/stay.md")),
    ("setup.md", include_str!("../../tests/spec/setup.md")),
    ("buffers.md", include_str!("../../tests/spec/buffers.md")),
    ("arrows.md", include_str!("../../tests/spec/arrows.md")),
    ("branches.md", include_str!("../../tests/spec/branches.md")),
    ("routes.md", include_str!("../../tests/spec/routes.md")),
    ("order.md", include_str!("../../tests/spec/order.md")),
    ("conveyors.md", include_str!("../../tests/spec/conveyors.md")),
    ("attributes.md", include_str!("../../tests/spec/attributes.md")),
    ("crews.md", include_str!("../../tests/spec/crews.md")),
    ("pallets.md", include_str!("../../tests/spec/pallets.md")),
    ("fleets.md", include_str!("../../tests/spec/fleets.md")),
    ("limits.md", include_str!("../../tests/spec/limits.md")),
    ("breakdowns.md", include_str!("../../tests/spec/breakdowns.md")),
    ("maintenance.md", include_str!("../../tests/spec/maintenance.md")),
    ("shifts.md", include_str!("../../tests/spec/shifts.md")),
    ("run.md", include_str!("../../tests/spec/run.md")),
    ("statistics.md", include_str!("../../tests/spec/statistics.md")),
    ("accounts.md", include_str!("../../tests/spec/accounts.md")),
    ("expectations.md", include_str!("../../tests/spec/expectations.md")),
    ("reuse.md", include_str!("../../tests/spec/reuse.md")),
    ("instants.md", include_str!("../../tests/spec/instants.md")),
    ("numbers.md", include_str!("../../tests/spec/numbers.md")),
    ("lints.md", include_str!("../../tests/spec/lints.md")),
    ("deadlock.md", include_str!("../../tests/spec/deadlock.md")),
];

/// The section that a place such as `work.md#Several recipes` names: from its heading to the next. Claims of
/// the blocks stay, for they say what the lines give. O(text).
#[must_use]
pub fn section(place: &str) -> Option<&'static str> {
    let (page, heading) = place.split_once('#')?;
    let (_, text) = PAGES.iter().find(|(name, _)| *name == page)?;
    let mut from = None;
    let mut at = 0;
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        if !fenced && let Some(own) = line.strip_prefix('#').map(|l| l.trim_start_matches('#').trim_start()) {
            match from {
                Some(begin) => return text.get(begin..at),
                None if own.starts_with(heading) => from = Some(at),
                None => {}
            }
        }
        at += line.len();
    }
    text.get(from?..)
}
