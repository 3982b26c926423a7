mod syntax;
mod syntax_corpus;
mod syntax_errors;
