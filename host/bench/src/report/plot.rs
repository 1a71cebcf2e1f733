//! A run as a picture: how each path compares with native, by size.

use std::path::Path as File;

use anyhow::anyhow;
use plotters::prelude::*;

use crate::measure::run::Run;
use crate::plan::SIZES;
use crate::report::budgets::size;
use crate::shape::{Path, Shape, Sink};

const EXTENT: (u32, u32) = (900, 520);

/// One colour for each path but the native one, told apart by most eyes.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
];

/// Writes sizes against the ratio to native, one line for each path.
pub(crate) fn write(run: &Run, file: &File) -> anyhow::Result<()> {
    draw(run, file).map_err(|error| anyhow!("cannot write {}: {error}", file.display()))
}

fn draw(run: &Run, file: &File) -> Result<(), Box<dyn std::error::Error>> {
    let lines: Vec<(Path, Vec<(f64, f64)>)> = Path::ALL
        .into_iter()
        .filter(|path| *path != Path::Native)
        .map(|path| (path, ratios(run, path)))
        .collect();
    let points = lines.iter().flat_map(|(_, points)| points);
    let highest = points.fold(1.2_f64, |highest, (_, ratio)| highest.max(*ratio));

    let area = SVGBackend::new(file, EXTENT).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "loopback TCP, one part: native time ÷ time",
            ("sans-serif", 20),
        )
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..(SIZES.len() - 1) as f64, 0.0..highest * 1.05)?;
    let label = |position: &f64| {
        let bytes = SIZES.get(position.round() as usize);
        bytes.copied().map(size).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .x_labels(SIZES.len())
        .x_label_formatter(&label)
        .x_desc("bytes of one send")
        .y_desc("1 is native; more is faster")
        .draw()?;
    for ((path, points), colour) in lines.into_iter().zip(COLOURS) {
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(path.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}

fn ratios(run: &Run, path: Path) -> Vec<(f64, f64)> {
    let sizes = SIZES.into_iter().enumerate();
    let point = |(position, bytes): (usize, usize)| {
        let measured = run.find(path, &Shape::blocking(Sink::Tcp, bytes))?;
        Some((position as f64, measured.of_native?.median))
    };
    sizes.filter_map(point).collect()
}
