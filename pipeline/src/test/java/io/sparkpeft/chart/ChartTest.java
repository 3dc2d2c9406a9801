package io.sparkpeft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.chart.BarChart.Bar;
import io.sparkpeft.chart.BarChart.Group;
import io.sparkpeft.chart.Histogram.Bin;
import io.sparkpeft.chart.Histogram.Mark;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.LineChart.Series;
import io.sparkpeft.chart.LineChart.Style;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ChartTest {
  private static final Axis STEP = Axis.of("step");
  private static final Axis LOSS = new Axis("loss", "nats per token");

  @Test
  void aCurveRunsFromItsFirstPointToItsLast() throws Exception {
    LineChart chart = losses(List.of(new Point(0, 4), new Point(50, 2), new Point(100, 0)));
    Element svg = parsed(chart);
    List<String> texts = texts(svg, "text");
    assertThat(texts).contains("Loss", "step", "loss (nats per token)", "0", "4", "100");
    Element path = (Element) svg.getElementsByTagName("path").item(0);
    double left = x(svg, "0", "276");
    assertThat(path.getAttribute("d"))
        .isEqualTo("M%s 48L%s 162L660 276".formatted(text(left), text((left + 660) / 2)));
    assertThat(chart.text()).isEqualTo("loss: loss (nats per token) 4 at step 0, 0 at 100");
  }

  /** Where the x tick of this label stands. */
  private static double x(Element svg, String label, String axis) {
    NodeList lines = svg.getElementsByTagName("line");
    for (int i = 0; i < lines.getLength(); i++) {
      Element line = (Element) lines.item(i);
      if (line.getAttribute("y1").equals(axis) && line.getAttribute("y2").equals("280")) {
        return Double.parseDouble(line.getAttribute("x1"));
      }
    }
    throw new AssertionError("no tick " + label);
  }

  private static String text(double pixels) {
    return Svg.number(pixels);
  }

  @Test
  void whatIsNotFiniteInterruptsTheCurve() throws Exception {
    LineChart chart =
        losses(
            List.of(new Point(1, 1), new Point(2, Double.NaN), new Point(3, 1), new Point(4, 2)));
    Element path = (Element) parsed(chart).getElementsByTagName("path").item(0);
    assertThat(path.getAttribute("d")).matches("M[\\d. ]+M[\\d. ]+L[\\d. ]+");
  }

  @Test
  void aRunThatGoesOnHasRoomForItsRest() throws Exception {
    LineChart half =
        new LineChart(
            "Loss",
            STEP,
            LOSS,
            List.of(new Series("loss", Style.STRONG, 0, List.of(new Point(1, 2)))),
            OptionalDouble.of(300));
    assertThat(texts(parsed(half), "text")).contains("300");
    LineChart none = losses(List.of());
    assertThat(none.text()).isEqualTo("loss: no values yet");
    assertThat(texts(parsed(none), "text")).contains("Loss");
  }

  @Test
  void aLongRunIsThinnedToItsExtremes() {
    List<Point> points =
        IntStream.range(0, 100_000).mapToObj(i -> new Point(i, i == 54_321 ? 99 : i % 7)).toList();
    List<Point> kept = Thinning.of(points, 300);
    assertThat(kept).hasSize(601).contains(points.get(54_321), points.get(99_999));
    assertThat(kept.stream().map(Point::x).toList()).isSorted();
    assertThat(Thinning.of(points.subList(0, 600), 300)).hasSize(600);
  }

  @Test
  void barsHaveErrorBarsAroundTheirEnds() throws Exception {
    BarChart chart =
        new BarChart(
            "Scores",
            Axis.of("accuracy"),
            "one standard error",
            List.of(
                new Group(
                    "sums",
                    List.of(
                        new Bar("base", 0, OptionalDouble.empty()),
                        new Bar("LoRA", 0.5, OptionalDouble.of(0.25))))));
    Element svg = parsed(chart);
    Element bar = (Element) svg.getElementsByTagName("rect").item(1);
    double start = Double.parseDouble(bar.getAttribute("x"));
    double width = Double.parseDouble(bar.getAttribute("width"));
    double low = start + width / 2;
    double high = start + width * 3 / 2;
    assertThat(whiskers(svg))
        .containsExactly(new double[] {low, high, low, low, high, high}, within(0.1));
    assertThat(texts(svg, "text"))
        .contains("0.50 ± 0.25", "sums", "accuracy; error bars: one standard error");
    assertThat(chart.text()).isEqualTo("sums\n  base: 0\n  LoRA: 0.50 ± 0.25");
  }

  /** x1 and x2 of each stroke of an error bar. */
  private static double[] whiskers(Element svg) {
    List<Double> ends = new ArrayList<>();
    NodeList lines = svg.getElementsByTagName("line");
    for (int i = 0; i < lines.getLength(); i++) {
      Element line = (Element) lines.item(i);
      if (line.getAttribute("stroke-width").equals("1.5")) {
        ends.add(Double.valueOf(line.getAttribute("x1")));
        ends.add(Double.valueOf(line.getAttribute("x2")));
      }
    }
    return ends.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Test
  void aHistogramsBarsAreAsHighAsTheirCounts() throws Exception {
    Histogram chart =
        new Histogram(
            "Lengths",
            new Axis("length", "tokens"),
            Axis.of("examples"),
            List.of(new Bin(0, 10, 2), new Bin(10, 20, 4), new Bin(20, 30, 0)),
            List.of(new Mark(25, "max_length 25")));
    Element svg = parsed(chart);
    assertThat(heights(svg)).containsExactly(114.0, 228.0, 0.0);
    assertThat(texts(svg, "text")).contains("length (tokens)", "examples", "max_length 25");
    assertThat(texts(svg, "title")).contains("10 to 20: 4");
    assertThat(chart.text())
        .isEqualTo(
            "0 to 10: 2 " + "#".repeat(20) + "\n10 to 20: 4 " + "#".repeat(40) + "\n20 to 30: 0");
  }

  private static List<Double> heights(Element svg) {
    List<Double> heights = new ArrayList<>();
    NodeList bars = svg.getElementsByTagName("rect");
    for (int i = 0; i < bars.getLength(); i++) {
      heights.add(Double.valueOf(((Element) bars.item(i)).getAttribute("height")));
    }
    return heights;
  }

  @Test
  void textIsEscaped() throws Exception {
    String name = "a < b & \"c\" > </svg>";
    Chart chart =
        new BarChart(
            name,
            Axis.of(name),
            name,
            List.of(new Group(name, List.of(new Bar(name, 1, OptionalDouble.of(0.1))))));
    assertThat(texts(parsed(chart), "text")).contains(name);
  }

  @Test
  void everyColourStandsOutFromWhiteAndFromBlack() {
    assertThat(Palette.COLOURS)
        .allSatisfy(
            colour -> {
              double luminance = luminance(colour);
              assertThat(1.05 / (luminance + 0.05)).isGreaterThan(3);
              assertThat((luminance + 0.05) / 0.05).isGreaterThan(3);
            });
    assertThat(Palette.colour(Palette.COLOURS.size())).isEqualTo(Palette.colour(0));
  }

  /** WCAG 2.1's relative luminance. */
  private static double luminance(String colour) {
    double[] linear = new double[3];
    for (int i = 0; i < 3; i++) {
      double part = Integer.parseInt(colour.substring(1 + 2 * i, 3 + 2 * i), 16) / 255.0;
      linear[i] = part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  private static LineChart losses(List<Point> points) {
    return new LineChart("Loss", STEP, LOSS, List.of(new Series("loss", Style.STRONG, 0, points)));
  }

  private static Element parsed(Chart chart) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(chart.svg())))
        .getDocumentElement();
  }

  private static List<String> texts(Element svg, String tag) {
    NodeList nodes = svg.getElementsByTagName(tag);
    return IntStream.range(0, nodes.getLength())
        .mapToObj(i -> nodes.item(i).getTextContent())
        .toList();
  }
}
