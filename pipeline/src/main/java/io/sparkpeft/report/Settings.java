package io.sparkpeft.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Credentials;
import io.sparkpeft.spark.telemetry.TrainRun;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The recipe of a run. */
final class Settings {
  private static final String DEFAULT = "default";
  private static final String NO_CHOICE = "hash of keys and inputs";

  private final List<Setting> all;

  /**
   * A key's value.
   *
   * @param value as JSON
   * @param origin where it came from
   */
  record Setting(String key, String value, String origin) {
    boolean isChosen() {
      return !origin.equals(DEFAULT) && !origin.equals(NO_CHOICE);
    }

    String section() {
      return key.substring(0, key.indexOf('.'));
    }
  }

  private Settings(List<Setting> all) {
    this.all = all;
  }

  static Settings of(TrainRun run) {
    List<Setting> all = new ArrayList<>();
    run.details()
        .ifPresent(
            details ->
                details
                    .recipe()
                    .properties()
                    .forEach(entry -> all.add(setting(entry.getKey(), entry.getValue()))));
    return new Settings(all);
  }

  private static Setting setting(String key, JsonNode node) {
    return new Setting(
        key, Credentials.hidden(node.path("value").asText()), node.path("origin").asText());
  }

  /** A key's value without the quotes of a text; empty where it is not known or null. */
  Optional<String> value(String key) {
    return all.stream()
        .filter(setting -> setting.key().equals(key))
        .map(Setting::value)
        .filter(value -> !value.equals("null"))
        .map(value -> value.replaceAll("^\"|\"$", ""))
        .findFirst();
  }

  /** What the recipe says that a default would not, first; the rest by sections, folded. */
  Html html() {
    if (all.isEmpty()) {
      return Html.NOTHING;
    }
    List<Setting> chosen = all.stream().filter(Setting::isChosen).toList();
    List<Setting> defaults = all.stream().filter(s -> !s.isChosen()).toList();
    Map<String, List<Setting>> bySection =
        defaults.stream()
            .collect(
                Collectors.groupingBy(Setting::section, LinkedHashMap::new, Collectors.toList()));
    List<Html> folded = new ArrayList<>();
    bySection.forEach(
        (section, settings) -> {
          folded.add(Html.tag("h3", section));
          folded.add(table(settings, false));
        });
    return Html.all(
        Html.tag("p.note", "What the recipe sets; every other key has its default."),
        table(chosen, true),
        Html.details(Words.count(defaults.size(), "key") + " at the default", Html.all(folded)));
  }

  private static Html table(List<Setting> settings, boolean origins) {
    List<String> heads = origins ? List.of("key", "value", "from") : List.of("key", "value");
    List<List<Cell>> rows =
        settings.stream()
            .map(
                s ->
                    origins
                        ? Table.row(Cell.key(s.key()), Cell.code(s.value()), Cell.pale(s.origin()))
                        : Table.row(Cell.key(s.key()), Cell.code(s.value())))
            .toList();
    return new Table(heads, rows).html();
  }
}
