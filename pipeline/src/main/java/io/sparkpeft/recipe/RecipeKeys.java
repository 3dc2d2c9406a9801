package io.sparkpeft.recipe;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All keys there are, in the order of the reference. */
public final class RecipeKeys {
  private static final List<Key<?>> ALL =
      Stream.of(
              RunSection.KEYS,
              ModelSection.KEYS,
              DataSection.KEYS,
              TablesSection.KEYS,
              AdapterSection.KEYS,
              TrainSection.KEYS,
              MergeSection.KEYS,
              EvalSection.KEYS,
              GateSection.KEYS,
              PromoteSection.KEYS,
              GenerateSection.KEYS,
              ReportSection.KEYS,
              DownloadSection.KEYS,
              ConvertSection.KEYS,
              BenchSection.KEYS,
              OutputSection.KEYS)
          .<Key<?>>flatMap(Collection::stream)
          .toList();

  private static final Map<String, Key<?>> BY_NAME =
      ALL.stream()
          .collect(
              Collectors.toMap(
                  Key::name,
                  Function.identity(),
                  (a, b) -> {
                    throw new AssertionError(a.name() + " is declared twice");
                  },
                  TreeMap::new));

  private RecipeKeys() {}

  public static List<Key<?>> all() {
    return ALL;
  }

  public static Optional<Key<?>> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  static Collection<String> names() {
    return BY_NAME.keySet();
  }
}
