//! Leaves out of a program what need not be compiled: functions that nobody calls, and all but one of equal ones.

use std::hash::{Hash, Hasher};

use super::super::program::{FuncId, Function, Inst, Program};
use crate::base::Fingerprint;

/// Keeps the functions that the entry, the last one, needs, and of equal ones the first.
pub(super) fn tidy(program: &mut Program) {
    let mut functions = std::mem::take(&mut program.functions);
    let called = called(&mut functions);
    // Functions call only functions written before them or themselves: what one calls has its new number already.
    let mut numbers: Vec<FuncId> = Vec::with_capacity(functions.len());
    let mut kept: Vec<u64> = Vec::new();
    for (mut function, called) in functions.into_iter().zip(called) {
        let number = |at: usize| FuncId(u32::try_from(at).unwrap_or(u32::MAX));
        numbers.push(number(kept.len()));
        if !called {
            continue;
        }
        each_call(&mut function.body, &mut |id| *id = numbers.get(id.0 as usize).copied().unwrap_or(*id));
        let mark = mark(&function);
        let equal = (0..).zip(&kept).zip(&program.functions).find(|((_, m), f)| **m == mark && same(f, &function));
        if let (Some(((at, _), _)), Some(last)) = (equal, numbers.last_mut()) {
            *last = number(at);
            continue;
        }
        kept.push(mark);
        program.functions.push(function);
    }
}

/// Which functions the last one needs, itself among them.
fn called(functions: &mut [Function]) -> Vec<bool> {
    let mut called = vec![false; functions.len()];
    if let Some(last) = called.last_mut() {
        *last = true;
    }
    for (i, function) in functions.iter_mut().enumerate().rev() {
        if called.get(i) == Some(&true) {
            each_call(&mut function.body, &mut |id| {
                if let Some(called) = called.get_mut(id.0 as usize) {
                    *called = true;
                }
            });
        }
    }
    called
}

/// Equal for equal functions.
fn mark(function: &Function) -> u64 {
    let mut mark = Fingerprint::default();
    function.body.hash(&mut mark);
    mark.finish()
}

/// Whether functions do the same.
fn same(one: &Function, two: &Function) -> bool {
    let Function { name: _, registers, parameters, result, body } = one;
    *registers == two.registers && *parameters == two.parameters && *result == two.result && *body == two.body
}

/// Goes through the calls of a block.
fn each_call(block: &mut [Inst], each: &mut impl FnMut(&mut FuncId)) {
    for inst in block {
        match inst {
            Inst::Call { function, .. } => each(function),
            Inst::If { then, otherwise, .. } => {
                each_call(then, each);
                each_call(otherwise, each);
            }
            Inst::Switch { cases, default, .. } => {
                cases.iter_mut().for_each(|case| each_call(case, each));
                each_call(default, each);
            }
            Inst::Loop { body } | Inst::Choose { policy: body, .. } => each_call(body, each),
            _ => {}
        }
    }
}
