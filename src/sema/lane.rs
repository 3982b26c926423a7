//! What stands on an arrow: places, transit, stay, vehicles.

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, Capacity, Expression, NodeId, NodeKind, Precedence, Routing, Target};
use crate::syntax::tree::{Argument, Expr, ExprKind, Link, LinkKind};

use super::line::Lower;
use super::node::new_node;
use super::scope::Meaning;

/// What stands on an arrow.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Places, when some are written.
    pub places: Option<Capacity>,
    /// Transit time, when one is written.
    pub transit: Option<Expression>,
    /// Items keep their order although nothing limits them.
    pub in_order: bool,
    /// `in order` is written.
    pub kept: bool,
    /// Who is first.
    pub order: Option<Precedence>,
    /// Any item may leave, not only the first.
    pub overtake: bool,
    /// How long items may stay.
    pub max_stay: Option<Expression>,
    /// Where they go then.
    pub expired: Option<Target>,
    /// The name of the places.
    pub name: Option<String>,
    /// By vehicle, behind the places.
    pub vehicle: Option<super::fleet::ByVehicle>,
    /// Places behind the vehicle.
    pub behind: Option<Capacity>,
}

impl<'a> Lower<'a> {
    /// What stands on an arrow.
    pub fn lane(&mut self, link: &'a Link) -> Option<Lane> {
        let arguments = match &link.kind {
            LinkKind::Arrow => return Some(Lane::default()),
            LinkKind::Symmetric => {
                // The parser has told that it joins pairs in tables, not nodes.
                self.holes = true;
                return None;
            }
            LinkKind::Arguments(arguments) => arguments,
        };
        let mut lane = Lane::default();
        for argument in arguments {
            self.lane_argument(argument, &mut lane)?;
        }
        Some(lane)
    }

    fn lane_argument(&mut self, argument: &'a Argument, lane: &mut Lane) -> Option<()> {
        let phrase = &argument.value;
        let wanted = argument.name.as_ref().map(|n| n.text.as_str());
        match wanted {
            None | Some("places" | "transit") => {}
            Some("within" | "max_stay") => {
                let time = self.time(phrase, "within")?;
                if lane.max_stay.replace(time).is_some() {
                    return self.given_twice(argument.span, "longest stay");
                }
                return Some(());
            }
            Some("min_stay") => {
                let time = self.time(phrase, "min_stay")?;
                if lane.transit.replace(time).is_some() {
                    return self.given_twice(argument.span, "shortest stay");
                }
                lane.in_order = true;
                return Some(());
            }
            Some("expired") => {
                let to = self.expired_target(phrase)?;
                if lane.expired.replace(to).is_some() {
                    return self.given_twice(argument.span, "way of expired items");
                }
                return Some(());
            }
            Some("as") => {
                let expr = self.only_expr(&phrase.chain, "a name")?;
                let Some(name) = expr.name() else {
                    return self.wrong_value(expr.span, "a name for the places is due here: `as: cooling`");
                };
                if self.scope.find(name).is_some() {
                    self.push(Diagnostic::new(
                        codes::DUPLICATE_NAME,
                        expr.span,
                        format!("`{name}` is the name of something else"),
                    ));
                    return None;
                }
                lane.name = Some(name.to_string());
                return Some(());
            }
            Some("overtake") => {
                match phrase.as_expr().map(|e| &e.kind) {
                    Some(ExprKind::Bool(yes)) => lane.overtake = *yes,
                    Some(ExprKind::Name(n)) if n == "yes" || n == "no" => lane.overtake = n == "yes",
                    _ => return self.wrong_value(phrase.span, "`overtake` is `yes` or `no`"),
                }
                return Some(());
            }
            Some("order") => {
                let order = self.precedence(phrase, false)?;
                if lane.order.replace(order).is_some() {
                    return self.given_twice(argument.span, "order");
                }
                return Some(());
            }
            Some("reserve") => {
                self.push(
                    Diagnostic::new(codes::WRONG_ARGUMENTS, argument.span, "an arrow keeps no places free")
                        .note("all its items come from one place: there is nobody to keep them from")
                        .help("let the arrows lead into a `buffer` with `reserve: { repair: 2 }`"),
                );
                return None;
            }
            Some(other) => {
                self.push(
                    Diagnostic::new(codes::WRONG_ARGUMENTS, argument.span, format!("an arrow has no `{other}`"))
                        .help("arrows carry `places`, a `transit`, `min_stay`, `within`, `expired`, `order`, `overtake`, `in order`, and a name `as`"),
                );
                return None;
            }
        }
        if wanted.is_none() && phrase.as_expr().and_then(Expr::name) == Some("in order") {
            if std::mem::replace(&mut lane.kept, true) {
                return self.given_twice(argument.span, "order of the items");
            }
            return Some(());
        }
        let is_unlimited = phrase.as_expr().and_then(Expr::name) == Some("unlimited");
        if wanted.is_none()
            && let Some(by) = self.by_vehicle(phrase)
        {
            if lane.vehicle.replace(by?).is_some() {
                return self.given_twice(argument.span, "vehicle");
            }
            return Some(());
        }
        let named = phrase.as_expr().and_then(|e| match &e.kind {
            ExprKind::Call { function, .. } => function.name(),
            _ => e.name(),
        });
        if named.is_some_and(|n| matches!(self.scope.find(n), Some(Meaning::Other))) {
            // What is wrong with the declaration has been told.
            self.holes = true;
            return None;
        }
        if is_unlimited {
            return self.places(lane, Capacity::Unlimited, argument.span);
        }
        let typed = self.evaluate_phrase(phrase)?;
        let plain = typed.dim == crate::base::Dim::NUMBER;
        if wanted == Some("places") || (wanted.is_none() && plain) {
            let n = self.expect_count(&typed, phrase.span, "places", 0, limits::COUNT)?;
            return self.places(lane, Capacity::Places(n), argument.span);
        }
        let time = self.expect_time(typed, phrase.span, "transit")?;
        if lane.transit.replace(time).is_some() {
            self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, argument.span, "the transit is given twice"));
            return None;
        }
        Some(())
    }

    fn given_twice<T>(&mut self, span: Span, what: &str) -> Option<T> {
        let d = Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("the {what} is given twice"));
        self.push(d.help("keep one of the two"));
        None
    }

    fn places(&mut self, lane: &mut Lane, capacity: Capacity, span: Span) -> Option<()> {
        let places = if lane.vehicle.is_some() { &mut lane.behind } else { &mut lane.places };
        if places.replace(capacity).is_some() {
            let d = Diagnostic::new(codes::WRONG_ARGUMENTS, span, "the places of the arrow are given twice");
            self.push(d.help("an arrow has one number of places and one transit time: `-[5, 8 s]->`"));
            return None;
        }
        Some(())
    }

    /// A way through what stands on an arrow: an anonymous buffer, or none for a plain arrow and for
    /// no places without transit.
    pub fn through_lane(&mut self, link: &'a Link, from: &str, to: &str, way: Routing) -> Option<Routing> {
        let mut lane = self.lane(link)?;
        let way = match lane.vehicle.take() {
            Some(by) => {
                if lane.transit.is_some() && !lane.in_order {
                    self.push(
                        Diagnostic::new(
                            codes::WRONG_ARGUMENTS,
                            link.span,
                            "the arrow has a transit time and a vehicle",
                        )
                        .with(by.span, "the vehicle's speed and distance say how long it takes")
                        .help("leave the time out, or put a buffer between two arrows"),
                    );
                    return None;
                }
                self.by_vehicles(&by, lane.behind, from, way)?
            }
            None => way,
        };
        let bare = lane.max_stay.is_none()
            && lane.expired.is_none()
            && lane.name.is_none()
            && lane.order.is_none()
            && !lane.overtake
            && !lane.kept;
        if bare && lane.transit.is_none() && matches!(lane.places, None | Some(Capacity::Places(0))) {
            return Some(way);
        }
        if lane.places.is_none() && lane.transit.is_none() {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, link.span, "the arrow has no places to stay in")
                    .help("say how many: `-[places: 5, within: 2 h]->`, or `places: unlimited`"),
            );
            return None;
        }
        if lane.transit.is_some() && lane.places == Some(Capacity::Places(0)) {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, link.span, "a transit without a place holds no item")
                    .help("give it a place, or leave the number out"),
            );
            return None;
        }
        self.one_order(&lane, link.span)?;
        let keeps_order =
            lane.transit.is_none() || lane.in_order || lane.kept || matches!(lane.places, Some(Capacity::Places(_)));
        let mut held = Buffer {
            transit: lane.transit.clone(),
            max_stay: lane.max_stay.clone(),
            expired: lane.expired,
            order: lane.order.clone(),
            ..Buffer::default()
        };
        self.stays(&mut held, link.span, link.span)?;
        let name = lane.name.clone().unwrap_or_else(|| format!("{from}->{to}"));
        let node = self.new_lane(name, link.span, lane, keeps_order, way);
        Some(Routing::To(Target { node, visit: None, span: link.span }))
    }

    /// Items keep their order, overtake each other, or leave by a rule.
    fn one_order(&mut self, lane: &Lane, span: Span) -> Option<()> {
        let given =
            [(lane.kept, "`in order`"), (lane.overtake, "`overtake: yes`"), (lane.order.is_some(), "an `order`")];
        let given: Vec<&str> = given.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
        if let [first, second, ..] = given.as_slice() {
            let text = format!("the arrow has {first} and {second}: they say different things about who leaves first");
            self.push(Diagnostic::new(codes::WRONG_VALUE, span, text).help("keep one of them"));
            return None;
        }
        Some(())
    }

    pub(super) fn new_lane(&mut self, name: String, span: Span, lane: Lane, keeps_order: bool, way: Routing) -> NodeId {
        let count = self.lanes.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name}#{count}") };
        let loose = lane.overtake || lane.order.is_some() || lane.max_stay.is_some();
        let buffer = Buffer {
            capacity: lane.places.unwrap_or(Capacity::Unlimited),
            transit: lane.transit,
            // Each item waits for its own stay to end, then it stands among the others.
            keeps_order: keeps_order && !loose,
            anonymous: true,
            overtake: lane.overtake,
            order: lane.order,
            max_stay: lane.max_stay,
            expired: lane.expired,
            ..Buffer::default()
        };
        let mut node = new_node(name, span, NodeKind::Buffer(buffer));
        node.routing = Some(way);
        self.plant.nodes.push(node)
    }
}
