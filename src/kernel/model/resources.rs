//! Lays out pools, their requests, and limits.

use super::*;

impl Layout<'_> {
    pub(super) fn pools(&mut self) -> Result<(), String> {
        for (_, p) in self.plant.pools.iter() {
            let at = self.image.alloc(pool::WORDS);
            self.image.put(at, pool::SIZE, count(p.size));
            self.image.put(at, pool::WHOLE, count(p.size));
            self.image.put(at, pool::OVERTAKE, i64::from(p.overtake));
            if let Some(id) = p.calendar {
                let (record, size) = self.calendar(id, Some((p.size, p.sizes.clone())));
                self.image.put(at, pool::SIZE, count(size));
                self.image.put(at, pool::WHOLE, count(size));
                self.image.put(at, pool::FINISH, i64::from(p.shift_end != ShiftEnd::Pause));
                if p.shift_end == ShiftEnd::FinishInTime {
                    self.image.put(at, pool::IN_TIME, record);
                    self.shapes.crews_in_time = true;
                }
                self.tell(record, at, SubscriberShape::Pool);
            }
            self.places.pools.push(at);
        }
        for (skill, at) in self.plant.pools.values().zip(self.places.pools.clone()) {
            if skill.kind != crate::ir::PoolKind::Skill {
                continue;
            }
            self.shapes.skills = true;
            let handles = skill.crews.iter().filter_map(|c| self.places.pools.get(c.index()).copied());
            let mut words: Vec<i64> = handles.collect();
            words.insert(0, index(words.len()));
            let crews = self.image.array(&words);
            self.image.put(at, pool::CREWS, crews);
        }
        let plant = self.plant;
        let groups = rank::pool_components(plant);
        self.shapes.pool_keys =
            plant.pools.values().filter_map(|p| p.order.as_ref()).map(|o| o.rules.len()).max().unwrap_or(0);
        self.shapes.several_pools = groups.iter().any(|members| members.len() > 1);
        for members in groups {
            let handles: Vec<i64> = members.iter().filter_map(|p| self.places.pools.get(p.index()).copied()).collect();
            let at = self.image.alloc(component::WORDS + handles.len());
            self.image.put(at, component::POOLS, index(handles.len()));
            if let Some(rules) = crate::ir::group_order(plant, &members).0 {
                let name = members.iter().filter_map(|p| plant.pools.get(*p)).find(|p| p.order.is_some());
                let order = self.pool_order(name.map_or("", |p| p.name.as_str()), rules)?;
                self.image.put(at, component::ORDER, order);
            }
            for (i, p) in (0i64..).zip(&handles) {
                self.image.put(at + index(component::WORDS * 8) + 8 * i, FIRST_WORD, *p);
                self.image.put(*p, pool::COMPONENT, at);
            }
            self.components.push(at);
        }
        // What takes no member counts as a member of a pool without end, where it would cost more to tell apart.
        if !self.components.is_empty() {
            let (nobody, comp) = (self.image.alloc(pool::WORDS), self.image.alloc(component::WORDS));
            self.image.put(nobody, pool::SIZE, i64::MAX);
            self.image.put(nobody, pool::COMPONENT, comp);
            self.image.put(0, header::NOBODY, nobody);
        }
        let mut list = self.components.clone();
        list.push(0);
        let at = self.image.array(&list);
        self.image.put(0, header::COMPONENTS, at);
        Ok(())
    }

    /// A need list, or 0 when nothing is needed.
    pub(super) fn need_list(&mut self, needed: &[crate::ir::Need]) -> i64 {
        let mut merged: BTreeMap<usize, u64> = BTreeMap::new();
        for n in needed {
            let number = merged.entry(n.pool.index()).or_default();
            *number = number.saturating_add(n.count);
        }
        merged.retain(|_, n| *n > 0);
        if merged.is_empty() {
            return 0;
        }
        self.shapes.several_needs |= merged.values().sum::<u64>() > 1;
        let at = self.image.alloc(needs::WORDS + 2 * merged.len());
        self.image.put(at, needs::COUNT, index(merged.len()));
        // By name, so that of two pools that become free at once the choice does not hang on declarations.
        let mut merged: Vec<(usize, u64)> = merged.into_iter().collect();
        let pools = &self.plant.pools;
        let former = |p: &crate::ir::Pool| self.plant.renamed.former(&p.name);
        let name = |i: usize| pools.get(crate::ir::PoolId::new(i)).map_or(String::new(), former);
        merged.sort_by(|a, b| crate::base::names::natural_cmp(&name(a.0), &name(b.0)));
        for (i, (p, n)) in (0i64..).zip(&merged) {
            let record = self.places.pools.get(*p).copied().unwrap_or(0);
            self.image.put(at + 16 * i, needs::POOL, record);
            self.image.put(at + 16 * i, needs::NUMBER, count(*n));
        }
        at
    }

    pub(super) fn component_of(&self, need_list: i64) -> i64 {
        let word = |at: i64| {
            self.image.words.get(usize::try_from(at / 8).unwrap_or(usize::MAX)).map_or(0, |w| w.cast_signed())
        };
        if need_list == 0 { 0 } else { word(word(need_list + 8) + i64::from(pool::COMPONENT.offset)) }
    }

    pub(super) fn request(&mut self, owner: i64, key: i64, kind: GrantShape) -> i64 {
        let at = self.image.alloc(request::WORDS + self.shapes.pool_keys);
        let kind = intern(&mut self.shapes.grants, kind);
        self.image.put(at, request::OWNER, owner);
        self.image.put(at, request::KEY, key);
        self.image.put(at, request::KIND, index(kind));
        self.image.put(at, request::OTHER, self.last_request);
        if self.shapes.skills {
            let staff = self.image.alloc(needs::WORDS + 2 * self.plant.pools.len());
            self.image.put(at, request::STAFF, staff);
        }
        self.last_request = at;
        self.image.put(0, header::REQUESTS, at);
        at
    }

    pub(super) fn limits(&mut self) -> Result<(), String> {
        let plant = self.plant;
        for (_, l) in plant.limits.iter() {
            let at = self.image.alloc(limit::WORDS);
            self.image.put(at, limit::CARDS, count(l.count));
            self.image.put(at, limit::RANK, index(self.order.rank(l.from)));
            if let Some(item) = l.item {
                let takes: Vec<i64> = plant.items.ids().map(|t| i64::from(self.is_a(t, item))).collect();
                let types = self.image.array(&takes);
                self.image.put(at, limit::TYPES, types);
                self.shapes.limits_by_type = true;
            }
            if let Some(back) = &l.back {
                let (draw, family) = self.draw(back, &l.name, "return")?;
                self.shapes.cards_back.insert(family);
                let heap = self.image.alloc(usize::try_from(l.count).unwrap_or(0).max(1));
                self.image.put(at, limit::BACK, draw);
                self.image.put(at, limit::HEAP, heap);
                let handler = self.unplaced(EventShape::CardsBack);
                self.slot(SlotPlan {
                    band: 1,
                    rank: self.order.rank(l.from),
                    machine: 0,
                    name: l.name.clone(),
                    handler,
                    record: at,
                    first: None,
                });
            }
            if let Some(clearance) = &l.clearance {
                self.clearance(l, clearance, at)?;
            }
            self.places.names.insert(at, &[&l.name]);
            self.places.limits.push(at);
        }
        let all = self.places.limits.clone();
        let at = self.image.array(&all);
        self.image.put(0, header::LIMITS, at);
        Ok(())
    }

    /// Limits that begin or end at a node: pairs of record and card bit.
    pub(super) fn limit_array(&mut self, ends: impl Fn(&crate::ir::Limit) -> bool) -> (i64, usize) {
        let mut words = Vec::new();
        for ((_, l), (i, at)) in self.plant.limits.iter().zip(self.places.limits.iter().enumerate()) {
            if ends(l) {
                words.extend([*at, 1i64 << i.min(62)]);
            }
        }
        let n = words.len() / 2;
        (if n == 0 { 0 } else { self.image.array(&words) }, n)
    }
}
