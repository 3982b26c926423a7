//! `flowline dump`

use std::io::IsTerminal;

use crate::diag::render::{self, Format};
use crate::kernel::{Engine, Kernel};
use crate::{analysis, ir, net, syntax};

use super::args::{Dump, NetForm, Stage};
use super::{EXIT_ERRORS, EXIT_USAGE, colour, complain, pipeline, print};

/// Prints what a stage makes of a file. Findings go to standard error.
pub fn dump(options: &Dump) -> u8 {
    let compiled = match pipeline::compile(&options.file, &[]) {
        Ok(compiled) => compiled,
        Err(why) => {
            complain(&format!("flowline: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let early = matches!(options.stage, Stage::Tokens | Stage::Tree);
    let shown = if early { &compiled.parsed.diagnostics } else { &compiled.diagnostics };
    let colour = colour(std::io::stderr().is_terminal());
    complain(&render::render(Format::Terminal, &compiled.files, shown, colour));
    let text = compiled.files.get(compiled.main).map(|f| f.text.to_string()).unwrap_or_default();
    match options.stage {
        Stage::Tokens => print(&syntax::dump_tokens(&text, &syntax::tokens(compiled.main, &text).tokens)),
        Stage::Tree => print(&syntax::dump_tree(&compiled.parsed.tree)),
        _ => {
            for plant in &compiled.analysed.plants {
                match stage(plant, options) {
                    Ok(text) => print(&text),
                    Err(why) => {
                        complain(&format!("flowline: `{}`: {}\n", render::plain(&plant.name), render::plain(&why)));
                        return EXIT_ERRORS;
                    }
                }
            }
        }
    }
    u8::from(compiled.failed()) * EXIT_ERRORS
}

fn stage(plant: &ir::Plant, options: &Dump) -> Result<String, String> {
    let stage = options.stage;
    if stage == Stage::Net {
        let net = analysis::net_of(plant)?;
        return Ok(match options.format {
            NetForm::Text => net.to_string(),
            NetForm::Pnml => net::write_pnml(&plant.name, &net),
        });
    }
    if stage == Stage::Ir {
        return Ok(ir::dump::dump(plant));
    }
    let kernel = Kernel::new(plant, Engine::Interpreter)?;
    Ok(match stage {
        Stage::Program => kernel.program().dump(),
        Stage::Clif => kernel.listing()?.clif,
        _ => kernel.listing()?.assembly,
    })
}
