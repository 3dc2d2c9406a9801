package io.sparkpeft.notebook;

import io.sparkpeft.api.Evaluated;
import io.sparkpeft.api.Evaluated.Score;
import io.sparkpeft.api.Finetuned;
import io.sparkpeft.api.Generated;
import io.sparkpeft.api.LabelledText;
import io.sparkpeft.api.Merged;
import io.sparkpeft.api.Prepared;
import io.sparkpeft.api.Quantized;
import io.sparkpeft.api.Reported;
import io.sparkpeft.chart.BarChart;
import io.sparkpeft.chart.Chart;
import io.sparkpeft.report.ScoreBars;
import io.sparkpeft.report.ScoreBars.Scored;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.rapaio.jupyter.kernel.display.DisplayData;
import org.rapaio.jupyter.kernel.display.DisplayRenderer;
import org.rapaio.jupyter.kernel.display.DisplayTransformer;
import org.rapaio.jupyter.kernel.display.sequence.DefaultCollectionDisplayRenderer;
import org.rapaio.jupyter.kernel.display.spi.DisplayProvider;

/** How a cell shows its last value, where that is one of ours or Spark's. */
public final class RichDisplay implements DisplayProvider {
  private static final List<Look<?>> LOOKS =
      List.of(
          new Look<>(Dataset.class, RowsView::render),
          new Look<>(RowsView.class, RowsView::render),
          new Look<>(PlanTable.class, PlanTable::render),
          new Look<>(Chart.class, RichDisplay::chart),
          new Look<>(Prepared.class, ResultCards::of),
          new Look<>(Finetuned.class, ResultCards::of),
          new Look<>(Quantized.class, ResultCards::of),
          new Look<>(Merged.class, ResultCards::of),
          new Look<>(Generated.class, ResultCards::of),
          new Look<>(Reported.class, ResultCards::of),
          new Look<>(Evaluated.class, RichDisplay::scores),
          new Look<>(LabelledText.class, LabelledTextView::render));

  /** How things of a type look. */
  private record Look<T>(Class<T> type, Function<? super T, Rendered> rendering) {
    Rendered at(Object value) {
      return rendering.apply(type.cast(value));
    }
  }

  static Optional<Rendered> render(Object value) {
    return LOOKS.stream()
        .filter(look -> look.type().isInstance(value))
        .findFirst()
        .map(look -> look.at(value));
  }

  private static Rendered chart(Chart chart) {
    return new Rendered(chart.svg(), chart.title() + "\n" + chart.text());
  }

  private static Rendered scores(Evaluated evaluated) {
    List<BarChart> bars = ScoreBars.of(scored(evaluated.scores()), scored(evaluated.baseScores()));
    return Rendered.stacked(bars.stream().map(RichDisplay::chart).toList());
  }

  private static List<Scored> scored(List<Score> scores) {
    return scores.stream()
        .map(s -> new Scored(s.task(), s.metric(), s.value(), OptionalDouble.of(s.stderr()), s.n()))
        .toList();
  }

  @Override
  public List<DisplayRenderer> getDisplayRenderers() {
    List<DisplayRenderer> renderers = new ArrayList<>();
    LOOKS.forEach(look -> renderers.add(new Renderer(look.type())));
    renderers.add(new Stacked());
    return renderers;
  }

  @Override
  public List<DisplayTransformer> getDisplayTransformers() {
    return List.of();
  }

  /** Whatever was asked for, the client gets both forms and takes the richest that it can show. */
  private record Renderer(Class<?> rendererClass) implements DisplayRenderer {
    @Override
    public boolean canRender(String mime) {
      return true;
    }

    @Override
    public DisplayData render(String mime, Object value) {
      return RichDisplay.render(value).orElseThrow().data();
    }
  }

  /** A list of what has a look of its own, one below the other; other lists as the kernel does. */
  private static final class Stacked implements DisplayRenderer {
    private final DefaultCollectionDisplayRenderer plain = new DefaultCollectionDisplayRenderer();

    @Override
    public Class<?> rendererClass() {
      return Collection.class;
    }

    @Override
    public boolean canRender(String mime) {
      return true;
    }

    @Override
    public DisplayData render(String mime, Object value) {
      List<Rendered> parts =
          ((Collection<?>) value)
              .stream().flatMap(part -> RichDisplay.render(part).stream()).toList();
      boolean all = !parts.isEmpty() && parts.size() == ((Collection<?>) value).size();
      return all ? Rendered.stacked(parts).data() : plain.render(mime, value);
    }
  }
}
