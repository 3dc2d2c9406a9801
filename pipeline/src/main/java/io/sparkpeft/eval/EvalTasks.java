package io.sparkpeft.eval;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds tasks by lm-eval's names: one task ({@code arithmetic_2da}), a pattern ({@code blimp_*},
 * {@code truthfulqa_*}) or a group ({@code arithmetic}, {@code blimp}, {@code mmlu}, {@code
 * truthfulqa}). Patterns and groups stand for those tasks whose files the source folder holds.
 */
public final class EvalTasks {
  /** The task whose documents are a token table; no file of the source belongs to it. */
  public static final String PERPLEXITY = "perplexity";

  private static final List<TaskFamily> FAMILIES =
      List.of(new Arithmetic(), new Blimp(), new Mmlu(), new TruthfulQa());

  private EvalTasks() {}

  /** All names, patterns and groups aside. */
  public static List<String> knownNames() {
    List<String> names = new ArrayList<>();
    FAMILIES.forEach(family -> names.addAll(family.names()));
    names.add(PERPLEXITY);
    return names;
  }

  /** A task's metric by lm-eval's name; none for groups, whose scores are means over tasks. */
  static Optional<Metric> metric(String task, String lmEvalName) {
    return FAMILIES.stream()
        .filter(family -> family.claims(task))
        .flatMap(family -> family.metrics(task).stream())
        .filter(metric -> metric.lmEvalName().equals(lmEvalName))
        .findFirst();
  }

  /**
   * Checks names, patterns and groups without looking for files.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if one stands for no task, with the nearest
   *     name
   */
  public static void checkNames(Collection<String> names) {
    names.forEach(EvalTasks::expand);
  }

  /**
   * The tasks of those names with their documents, each once, in the order given; {@link
   * #PERPLEXITY} is left out.
   *
   * @param source a folder with the tasks' files, in it or in a folder directly below; or the file
   *     of all tasks named
   * @param limit how many documents of each task to take, the first ones
   * @param shots solved examples before each question; 0 but for mmlu
   * @throws io.sparkpeft.base.SparkPeftException (78) for an unknown name or too many shots, (66)
   *     for a missing file, (65) for a broken one
   */
  public static EvalSuite load(List<String> names, Path source, OptionalInt limit, int shots) {
    checkNames(names);
    Map<String, EvalTask> tasks = new LinkedHashMap<>();
    List<EvalSuite.Group> groups = new ArrayList<>();
    for (String name : names) {
      if (name.equals(PERPLEXITY)) {
        continue;
      }
      List<Named> members = membersInSource(name, source);
      members.forEach(
          member ->
              tasks.computeIfAbsent(member.name(), ignored -> member.load(source, limit, shots)));
      group(name, members).ifPresent(groups::add);
    }
    return new EvalSuite(List.copyOf(tasks.values()), groups);
  }

  /** A task's name with the family it belongs to. */
  private record Named(TaskFamily family, String name) {

    EvalTask load(Path source, OptionalInt limit, int shots) {
      Path file = SourceFolder.of(source).require(name, family.file(name));
      List<Document> documents = family.documents(name, file, shots);
      int count = Math.min(limit.orElse(Integer.MAX_VALUE), documents.size());
      return new EvalTask(
          name,
          family.version(name),
          family.split(),
          shots,
          family.metrics(name),
          documents.subList(0, count),
          documents.size());
    }
  }

  private static Optional<EvalSuite.Group> group(String name, List<Named> members) {
    boolean oneGroup =
        !isTask(name)
            && members.stream().map(Named::family).distinct().count() == 1
            && members.get(0).family().aggregates();
    return oneGroup
        ? Optional.of(
            new EvalSuite.Group(
                name.replaceFirst("_?\\*$", ""), members.stream().map(Named::name).toList()))
        : Optional.empty();
  }

  private static List<Named> membersInSource(String name, Path source) {
    List<Named> members = expand(name);
    SourceFolder folder = SourceFolder.of(source);
    if (isTask(name)) {
      Named task = members.get(0);
      boolean known = task.family().names().contains(name);
      if (!known && folder.find(task.family().file(name)).isEmpty()) {
        throw EvalErrors.unknownTask(name, knownNames());
      }
      return members;
    }
    List<Named> present =
        members.stream().filter(m -> !folder.find(m.family().file(m.name())).isEmpty()).toList();
    if (present.isEmpty()) {
      Named first = members.get(0);
      throw EvalErrors.nothingMatches(name, first.family().file(first.name()), source);
    }
    return present;
  }

  static boolean isTask(String name) {
    return !name.contains("*") && FAMILIES.stream().anyMatch(family -> family.claims(name));
  }

  /** The tasks that a name, a pattern or a group can stand for; at least one. */
  private static List<Named> expand(String name) {
    if (name.equals(PERPLEXITY)) {
      return List.of();
    }
    List<Named> members = FAMILIES.stream().flatMap(family -> membersOf(family, name)).toList();
    if (members.isEmpty()) {
      throw EvalErrors.unknownTask(name, knownNames());
    }
    return members;
  }

  private static Stream<Named> membersOf(TaskFamily family, String name) {
    if (!name.contains("*") && family.claims(name)) {
      return Stream.of(new Named(family, name));
    }
    boolean whole = name.equals(family.group());
    Pattern pattern = Pattern.compile(Pattern.quote(name).replace("*", "\\E.*\\Q"));
    return family.names().stream()
        .filter(known -> whole || (name.contains("*") && pattern.matcher(known).matches()))
        .map(known -> new Named(family, known));
  }
}
