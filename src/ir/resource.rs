//! What work needs beside machines: people, tools, cards.

use crate::base::Span;

use super::{CalendarId, Expression, ItemId, NodeId, PoolId};

/// A crew, tool set or fleet: interchangeable members.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// People or things.
    pub kind: PoolKind,
    /// Members.
    pub size: u64,
    /// When they are there; absent: always.
    pub calendar: Option<CalendarId>,
    /// Members by name of the calendar's windows, where they differ; windows that overlap add up.
    pub sizes: Vec<(usize, u64)>,
    /// What happens to work at the end of their shift.
    pub shift_end: super::ShiftEnd,
    /// A younger request may be served before an older one that does not fit.
    pub overtake: bool,
    /// Who is served next; absent: the oldest request.
    pub order: Option<super::Precedence>,
    /// Of a skill: the crews that have it, those with fewest skills first. Its members are theirs.
    pub crews: Vec<PoolId>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            kind: PoolKind::Crew,
            size: 1,
            calendar: None,
            sizes: Vec::new(),
            shift_end: super::ShiftEnd::Pause,
            overtake: false,
            order: None,
            crews: Vec::new(),
        }
    }
}

/// What a pool consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// People.
    Crew,
    /// Things.
    Tool,
    /// What members of several crews can do.
    Skill,
}

/// A number of members of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// The pool.
    pub pool: PoolId,
    /// How many.
    pub count: u64,
    /// Where it is written.
    pub span: Span,
}

/// Finds who does what: of each need the pools that can serve it, in order of preference, and how many of
/// it; `free` members of each pool are there, and those taken are gone afterwards. Numbers by pool, or `None`
/// when they do not suffice. Needs that few pools can serve choose first; where that leaves too few,
/// members are exchanged along shortest paths (Ford and Fulkerson 1956). O(needs² · pools) a path.
#[must_use]
pub fn staff(needs: &[(Vec<usize>, u64)], free: &mut [u64]) -> Option<Vec<u64>> {
    let mut given = vec![vec![0u64; free.len()]; needs.len()];
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|n| (needs.get(*n).map_or(0, |(pools, _)| pools.len()), *n));
    for n in order {
        let Some((pools, number)) = needs.get(n) else { continue };
        let mut rest = *number;
        for pool in pools {
            let taken = rest.min(free.get(*pool).copied().unwrap_or(0));
            move_members(&mut given, free, &[(n, *pool)], taken);
            rest -= taken;
        }
        while rest > 0 {
            let path = exchange(needs, &given, free, n)?;
            let last = path.last().map_or(0, |(_, pool)| free.get(*pool).copied().unwrap_or(0));
            // Each step but the last takes a pool from the next need in the path.
            let held = path.windows(2).map(|w| match w {
                [(_, pool), (other, _)] => given.get(*other).and_then(|g| g.get(*pool)).copied().unwrap_or(0),
                _ => 0,
            });
            let moved = held.fold(last.min(rest), u64::min);
            if moved == 0 {
                return None;
            }
            move_members(&mut given, free, &path, moved);
            rest -= moved;
        }
    }
    let sum = |pool: usize| given.iter().filter_map(|g| g.get(pool)).sum::<u64>();
    Some((0..free.len()).map(sum).collect())
}

/// Gives members along a path of needs and pools: each need takes its pool from the next need of the path,
/// the last one takes what is free.
fn move_members(given: &mut [Vec<u64>], free: &mut [u64], path: &[(usize, usize)], number: u64) {
    for (step, (need, pool)) in path.iter().enumerate() {
        if let Some(place) = given.get_mut(*need).and_then(|g| g.get_mut(*pool)) {
            *place = place.saturating_add(number);
        }
        let from = match path.get(step + 1) {
            Some((other, _)) => given.get_mut(*other).and_then(|g| g.get_mut(*pool)),
            None => free.get_mut(*pool),
        };
        if let Some(place) = from {
            *place = place.saturating_sub(number);
        }
    }
}

/// A shortest path from a need that lacks members to a pool that has some free.
fn exchange(
    needs: &[(Vec<usize>, u64)],
    given: &[Vec<u64>],
    free: &[u64],
    start: usize,
) -> Option<Vec<(usize, usize)>> {
    let mut before: Vec<Option<(usize, usize)>> = vec![None; needs.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    let mut seen = vec![false; needs.len()];
    *seen.get_mut(start)? = true;
    while let Some(need) = queue.pop_front() {
        for pool in needs.get(need).into_iter().flat_map(|(pools, _)| pools) {
            if free.get(*pool).copied().unwrap_or(0) > 0 {
                let mut path = vec![(need, *pool)];
                let mut at = need;
                while let Some((previous, through)) = before.get(at).copied().flatten() {
                    path.push((previous, through));
                    at = previous;
                }
                path.reverse();
                return Some(path);
            }
            for (other, its) in given.iter().enumerate() {
                let holds = its.get(*pool).copied().unwrap_or(0) > 0;
                if holds && !seen.get(other).copied().unwrap_or(true) {
                    if let Some(place) = seen.get_mut(other) {
                        *place = true;
                    }
                    if let Some(place) = before.get_mut(other) {
                        *place = Some((need, *pool));
                    }
                    queue.push_back(other);
                }
            }
        }
    }
    None
}

/// A number of cards: an item takes one on entering `from` and returns it when it has left `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Cards.
    pub count: u64,
    /// The node on entering which a card is taken; a source takes it when it makes the item.
    pub from: NodeId,
    /// The node on leaving which it is returned; a sink returns it on entering.
    pub to: NodeId,
    /// Pallets, not an abstract limit.
    pub pallets: bool,
    /// The only item type that takes cards of it, with all its kinds; absent: every type.
    pub item: Option<ItemId>,
    /// Time until a returned card can be taken again (time).
    pub back: Option<Expression>,
    /// Only equal items at a time.
    pub clearance: Option<Clearance>,
}

/// The line between two nodes holds equal items only, and is cleared before others come.
#[derive(Clone, Debug, PartialEq)]
pub struct Clearance {
    /// What items have to have in common.
    pub same: Expression,
    /// How long it takes to clear the empty line (time).
    pub lasts: Expression,
    /// Who does it.
    pub needs: Vec<Need>,
}

impl Limit {
    /// Whether it counts nothing, and only keeps unequal items apart.
    #[must_use]
    pub fn is_uncounted(&self) -> bool {
        self.clearance.is_some() && self.count >= crate::base::limits::COUNT
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            count: 0,
            from: NodeId(0),
            to: NodeId(0),
            pallets: false,
            item: None,
            back: None,
            clearance: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::staff;

    #[test]
    fn whoever_has_other_skills_too_is_spared() {
        // One of pool 0 or 1 for the first need, pool 0 only for the second.
        let needs = [(vec![1, 0], 1), (vec![0], 1)];
        assert_eq!(staff(&needs, &mut [1, 1]), Some(vec![1, 1]));
        assert_eq!(staff(&needs, &mut [1, 0]), None);
    }

    #[test]
    fn members_are_exchanged_where_the_first_choice_is_wrong() {
        // The first need prefers pool 0, which the second and third need.
        let needs = [(vec![0, 1], 2), (vec![0, 2], 2), (vec![0, 2], 1)];
        let mut free = [3, 2, 0];
        assert_eq!(staff(&needs, &mut free), Some(vec![3, 2, 0]));
        assert_eq!(free, [0, 0, 0]);
        assert_eq!(staff(&needs, &mut [2, 2, 0]), None);
        assert_eq!(staff(&[], &mut [2]), Some(vec![0]));
    }
}
