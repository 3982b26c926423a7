//! Loads that gather too slowly: the least number takes longer to come than the wait that is written, or than its
//! first items may wait (E0515).

use num_traits::Signed;

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, NodeKind};

use super::super::figures::{ceiling, count, counted, over, per_hour, time, whole};
use super::super::means::mean;
use super::Facts;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let Some(point) = facts.point else { return };
    let plant = facts.model.plant;
    for (id, node) in plant.nodes.iter() {
        let NodeKind::Station(station) = &node.kind else { continue };
        let [recipe] = station.recipes.as_slice() else { continue };
        let least = match (&recipe.batch, recipe.takes.as_slice()) {
            (Some(batch), _) => batch.minimum,
            (None, [part]) => part.minimum,
            _ => continue,
        };
        if least < 2 || facts.is_visited(id) {
            continue;
        }
        let stay = match facts.before(id) {
            [only] => match facts.kind(*only) {
                Some(NodeKind::Buffer(Buffer { max_stay: Some(stay), .. })) => Some((*only, stay)),
                _ => None,
            },
            _ => None,
        };
        if recipe.wait_at_most.is_none() && stay.is_none() || facts.clumps.iter().any(|c| *c != id) {
            continue;
        }
        let rate = facts.rate(id, point);
        let Some(gathers) = over(&count(least - 1), &rate).filter(Rational::is_positive) else { continue };
        let come = format!(
            "at {} the other {} come within {} on average",
            per_hour(&rate, "item"),
            whole(least - 1),
            time(&gathers)
        );
        if let Some((lane, stay)) = stay
            && let Some(longest) = mean(plant, stay, None).filter(|s| *s < gathers)
        {
            found.push(
                Diagnostic::new(
                    codes::GATHERS_TOO_SLOWLY,
                    node.span,
                    format!(
                        "`{}` waits for {}, which takes longer than the first may stay, {}",
                        node.name,
                        counted(least, "item"),
                        time(&longest)
                    ),
                )
                .with(plant.nodes.get(lane).map_or(node.span, |n| n.span), "the longest stay")
                .note(come)
                .help(fewer(&rate, &longest)),
            );
        } else if let Some(wait) =
            recipe.wait_at_most.as_ref().and_then(|w| mean(plant, w, None)).filter(|w| *w < gathers)
        {
            found.push(
                Diagnostic::new(
                    codes::GATHERS_TOO_SLOWLY,
                    node.span,
                    format!(
                        "`{}` begins with {} at least, which takes longer to come than `wait_at_most`, {}",
                        node.name,
                        counted(least, "item"),
                        time(&wait)
                    ),
                )
                .note(come)
                .note("the wait is for more than the least number; with fewer nothing begins, however long they wait")
                .help(fewer(&rate, &wait)),
            );
        }
    }
}

fn fewer(rate: &Rational, time: &Rational) -> String {
    let number = ceiling(&((rate * time).floor() + count(1)));
    format!("begin with {} or fewer", whole(number))
}
