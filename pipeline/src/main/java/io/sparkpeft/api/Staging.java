package io.sparkpeft.api;

import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.ConditionalLogStore;
import io.sparkpeft.spark.storage.Probe;
import io.sparkpeft.spark.storage.Storage;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.spark.sql.SparkSession;

/**
 * A recipe whose inputs are on this machine: what lies in object stores is copied here, and a
 * result that belongs there is written here first. A recipe of local paths stays as it is.
 */
public final class Staging {
  private static final String LOG_STORE = "spark.delta.logStore.s3a.impl";

  /** What Spark does not read where it is. */
  private static final Set<String> COPIED =
      Set.of(
          "model.path",
          "adapter.path",
          "merge.prompts",
          "eval.source",
          "generate.prompts",
          "bench.documents");

  private final Storage storage;
  private final Optional<String> logStore;
  private final Consumer<String> messages;

  private Staging(Storage storage, Optional<String> logStore, Consumer<String> messages) {
    this.storage = storage;
    this.logStore = logStore;
    this.messages = messages;
  }

  static Staging of(SparkSession session, Consumer<String> messages) {
    String logStore = session.sparkContext().conf().get(LOG_STORE, "");
    return new Staging(Storage.of(session, messages), Optional.of(logStore), messages);
  }

  /**
   * For jobs without a session, which write no tables: by the settings of Spark that are this
   * process's system properties.
   *
   * @param messages takes, line by line, what a person should know of copies
   */
  public static Staging withoutSpark(Consumer<String> messages) {
    return new Staging(Storage.here(messages), Optional.empty(), messages);
  }

  /**
   * The recipe with paths of this machine.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if something is not there, (73) if there is
   *     no room for it, otherwise for what a store says
   */
  public Recipe local(Job job, Recipe recipe) {
    Recipe named = recipe.named(job);
    Map<String, List<String>> addresses = named.effective().addresses(job);
    if (addresses.isEmpty()) {
      return recipe;
    }
    ask(addresses.values().stream().flatMap(List::stream).toList(), named);
    Recipe local = named;
    for (Map.Entry<String, List<String>> entry : addresses.entrySet()) {
      String address = entry.getValue().get(0);
      if (COPIED.contains(entry.getKey()) && !isTable(entry.getKey(), address)) {
        local = local.with(entry.getKey(), copy(job, local, address));
      }
    }
    if (addresses.containsKey("merge.adapters")) {
      List<String> adapters = named.merge().adapters();
      local =
          local.with("merge.adapters", adapters.stream().map(a -> copy(job, named, a)).toList());
    }
    return resultHere(job == Job.PLAN ? withLog(local) : local);
  }

  /** A table's commits tell how many examples it has, and a plan reads no more of it. */
  private Recipe withLog(Recipe plan) {
    String table = plan.tokenTable();
    return LocalCopy.isRemote(table) && storage.exists(table)
        ? plan.with("data.table", copy(Job.PLAN, plan, table))
        : plan;
  }

  private static Recipe resultHere(Recipe recipe) {
    String result = recipe.output().location();
    return LocalCopy.isRemote(result)
        ? recipe.with("output.path", ResultFolder.here(recipe, result))
        : recipe;
  }

  private String copy(Job job, Recipe recipe, String location) {
    Predicate<String> wanted = name -> job != Job.PLAN || name.endsWith(".json");
    return storage.copy(location, recipe.run().cache(), wanted).toString();
  }

  /** Prompts in a table, which Spark reads where they are. */
  private static boolean isTable(String key, String address) {
    return key.equals("generate.prompts") && !address.endsWith(".txt");
  }

  /** Before anything begins: whether all stores answer, and keep what Delta's log builds on. */
  private void ask(Collection<String> addresses, Recipe recipe) {
    Probe probe = storage.probe();
    probe.reach(addresses);
    String tables = recipe.tables().root();
    if (logStore.isEmpty() || !addresses.contains(tables) || !tables.startsWith("s3a:")) {
      return;
    }
    if (logStore.get().equals(ConditionalLogStore.class.getName())) {
      probe.requireConditionalWrites(tables);
    } else {
      messages.accept(
          "One driver at a time may write "
              + tables
              + ": to let several, set --conf "
              + LOG_STORE
              + "="
              + ConditionalLogStore.class.getName()
              + ".");
    }
  }
}
