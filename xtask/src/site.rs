//! The documents as a site, and whether their links lead somewhere.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    process::{progress, run},
    workspace::{Workspace, cargo},
};

/// Documents beside those of `docs/`.
const OTHERS: [&str; 4] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// The page of the site that README.md becomes.
const INTRODUCTION: &str = "introduction.md";

/// The crates whose documentation is part of the site.
const DOCUMENTED: [&str; 4] = ["wsp-host", "wsp-guard", "wsp-transport", "wsp-core"];

/// The features that it shows.
const FEATURES: &str =
    "wsp-host/dns,wsp-host/follow,wsp-host/prometheus,wsp-host/run,wsp-guard/wasmtime-wasi-http";

/// Checks that every link of a document to another file or a heading leads somewhere, and
/// that the site has every page of `docs/`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let root = &workspace.root;
    let mut broken = Vec::new();
    let summary = read(&root.join("docs/SUMMARY.md"))?;
    for page in pages(root)? {
        let text = read(&root.join(&page))?;
        let (_, wrong) = rewritten(&text, |link| {
            let target = Target::of(&page, link);
            let Some(target) = target.filter(|target| !target.is_there(root)) else {
                return Kept::As(link.to_owned());
            };
            // The site makes it.
            if page.ends_with("SUMMARY.md") && target.path.ends_with(INTRODUCTION) {
                return Kept::As(link.to_owned());
            }
            Kept::Broken
        });
        broken.extend(
            wrong
                .iter()
                .map(|link| format!("{}: {link}", page.display())),
        );
        if let Ok(name) = page.strip_prefix("docs")
            && name != "SUMMARY.md"
            && !summary.contains(&format!("({})", name.display()))
        {
            broken.push(format!("docs/SUMMARY.md has no {}", name.display()));
        }
    }
    if !broken.is_empty() {
        bail!("links of documents lead nowhere:\n{}", broken.join("\n"));
    }
    Ok(())
}

/// Builds the site below the target directory. `repository` is where files outside of
/// `docs/` can be read, such as `https://example.org/wsp/blob/main`; without it they are
/// named without a link.
pub(crate) fn build(workspace: &Workspace, repository: Option<&str>, api: bool) -> Result<()> {
    check(workspace)?;
    let (root, site) = (&workspace.root, workspace.site());
    let source = site.join("source");
    let cannot = || format!("cannot write {}", source.display());
    if source.exists() {
        fs::remove_dir_all(&source).with_context(cannot)?;
    }
    for page in pages(root)? {
        let name = match page.strip_prefix("docs") {
            Ok(name) => name,
            Err(_) if page == Path::new("README.md") => Path::new(INTRODUCTION),
            Err(_) => continue,
        };
        let text = read(&root.join(&page))?;
        let (text, _) = rewritten(&text, |link| match Target::of(&page, link) {
            None => Kept::As(link.to_owned()),
            Some(target) => match (target.path.strip_prefix("docs"), repository) {
                // All pages keep their place but README.md, which joins those of `docs/`.
                (Ok(_), _) if name != INTRODUCTION => Kept::As(link.to_owned()),
                (Ok(inside), _) => Kept::As(format!("{}{}", inside.display(), target.heading())),
                (Err(_), Some(repository)) => Kept::As(format!(
                    "{}/{}{}",
                    repository.trim_end_matches('/'),
                    target.path.display(),
                    target.heading()
                )),
                (Err(_), None) => Kept::WithoutLink,
            },
        });
        let file = source.join(name);
        let folder = file.parent().context("a page has a folder")?;
        fs::create_dir_all(folder).with_context(cannot)?;
        fs::write(&file, text).with_context(cannot)?;
    }
    for file in ["book.toml", "performance.svg", "trace.png"] {
        fs::copy(root.join("docs").join(file), source.join(file)).with_context(cannot)?;
    }
    progress("building the site with mdbook");
    let built = site.join("html");
    let mut book = Command::new("mdbook");
    book.arg("build").arg(&source).arg("--dest-dir").arg(&built);
    run(book).context("mdbook builds the site: `cargo install mdbook` installs it")?;
    if api {
        progress("documenting the crates");
        let target = site.join("api");
        let mut documentation = Command::new(cargo());
        documentation
            .args(["doc", "--no-deps", "--features", FEATURES])
            .args(DOCUMENTED.iter().flat_map(|name| ["--package", name]))
            .env("CARGO_TARGET_DIR", &target)
            .current_dir(root);
        run(documentation)?;
        copy(&target.join("doc"), &built.join("api"))?;
    }
    progress(&format!(
        "the site is {}",
        built.join("index.html").display()
    ));
    Ok(())
}

/// The documents, from the root of the workspace.
fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut pages: Vec<PathBuf> = OTHERS.iter().map(PathBuf::from).collect();
    for folder in ["docs", "docs/tutorials"] {
        let cannot = || format!("cannot read {folder}");
        for entry in fs::read_dir(root.join(folder)).with_context(cannot)? {
            let name = PathBuf::from(entry.with_context(cannot)?.file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                pages.push(Path::new(folder).join(name));
            }
        }
    }
    pages.sort();
    Ok(pages)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("cannot copy {}", from.display());
    fs::create_dir_all(to).with_context(cannot)?;
    for entry in fs::read_dir(from).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let target = to.join(entry.file_name());
        match entry.file_type().with_context(cannot)?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target).with_context(cannot)?),
        }
    }
    Ok(())
}

/// What a link points to, if that is in the repository.
struct Target {
    /// From the root of the workspace.
    path: PathBuf,
    heading: Option<String>,
}

impl Target {
    fn of(page: &Path, link: &str) -> Option<Target> {
        if link.contains("://") || link.starts_with("mailto:") {
            return None;
        }
        let (file, heading) = match link.split_once('#') {
            Some((file, heading)) => (file, Some(heading.to_owned())),
            None => (link, None),
        };
        let mut path = match file.is_empty() {
            true => page.to_owned(),
            false => page.parent().unwrap_or(page).to_owned(),
        };
        for component in Path::new(file).components() {
            match component {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                other => path.push(other),
            }
        }
        Some(Target { path, heading })
    }

    fn heading(&self) -> String {
        let heading = self.heading.as_ref();
        heading.map_or_else(String::new, |heading| format!("#{heading}"))
    }

    fn is_there(&self, root: &Path) -> bool {
        let file = root.join(&self.path);
        match &self.heading {
            None => file.exists(),
            Some(heading) => fs::read_to_string(file)
                .is_ok_and(|text| headings(&text).any(|there| there == *heading)),
        }
    }
}

/// The names that headings of a page have in links.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
}

/// What becomes of a link.
enum Kept {
    As(String),
    WithoutLink,
    Broken,
}

/// The text with each link outside of code as `keep` says, and the links that are broken.
fn rewritten(text: &str, keep: impl Fn(&str) -> Kept) -> (String, Vec<String>) {
    let mut new = String::new();
    let mut broken = Vec::new();
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let mut rest = line;
        while !is_code
            && let Some((before, after)) = rest.split_once("](")
            && let Some((link, after)) = after.split_once(')')
        {
            match keep(link) {
                Kept::As(link) => new.push_str(&format!("{before}]({link})")),
                Kept::WithoutLink => match before.rsplit_once('[') {
                    Some((before, name)) => new.push_str(&format!("{before}{name}")),
                    None => new.push_str(before),
                },
                Kept::Broken => broken.push(link.to_owned()),
            }
            rest = after;
        }
        new.push_str(rest);
    }
    (new, broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_from_their_page_and_code_has_none() {
        let page = Path::new("docs/tutorials/shell.md");
        let of = |link| Target::of(page, link).map(|target| (target.path, target.heading));
        assert_eq!(
            of("../policy.md#rules"),
            Some(("docs/policy.md".into(), Some("rules".into())))
        );
        assert_eq!(
            of("#send"),
            Some(("docs/tutorials/shell.md".into(), Some("send".into())))
        );
        assert_eq!(of("../../wit"), Some(("wit".into(), None)));
        assert_eq!(of("https://example.org"), None);

        let text = "see [a](b) and [c `d`](e)\n```\n[x](y)\n```\n";
        let (new, broken) = rewritten(text, |link| match link {
            "b" => Kept::As("B".to_owned()),
            "e" => Kept::WithoutLink,
            _ => Kept::Broken,
        });
        assert_eq!(new, "see [a](B) and c `d`\n```\n[x](y)\n```\n");
        assert!(broken.is_empty());
    }

    #[test]
    fn headings_are_named_as_pages_are_rendered() {
        let names: Vec<String> = headings("# The `wsp` command\n## A, and B: c\ntext\n").collect();
        assert_eq!(names, ["the-wsp-command", "a-and-b-c"]);
    }
}
