package io.sparkpeft.api;

import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.ConditionalLogStore;
import io.sparkpeft.spark.storage.Probe;
import io.sparkpeft.spark.storage.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * A recipe whose inputs are on this machine: what lies in object stores is copied here, and a
 * result that belongs there is written here first. A recipe of local paths stays as it is.
 */
record Staging(SparkSession session, Consumer<String> messages) {
  private static final String LOG_STORE = "spark.delta.logStore.s3a.impl";
  private static final List<Job> WITH_ADAPTER =
      List.of(Job.FINETUNE, Job.MERGE, Job.EVALUATE, Job.GENERATE);

  Recipe local(Job job, Recipe recipe) {
    if (job == Job.GATE || job == Job.PROMOTE) {
      return recipe;
    }
    Recipe named = recipe.named(job);
    if (locations(named).noneMatch(LocalCopy::isRemote)) {
      return recipe;
    }
    ask(named);
    Recipe local = copied(named, "model.path", named.model().path());
    if (WITH_ADAPTER.contains(job)) {
      local = copied(local, "adapter.path", named.adapter().path());
    }
    if (job == Job.MERGE) {
      local = copied(local, "merge.prompts", named.merge().prompts());
      List<String> adapters = named.merge().adapters();
      if (adapters.stream().anyMatch(LocalCopy::isRemote)) {
        local = local.with("merge.adapters", adapters.stream().map(a -> copy(named, a)).toList());
      }
    }
    if (job == Job.EVALUATE) {
      local = copied(local, "eval.source", named.eval().source());
    }
    if (job == Job.GENERATE && named.generate().prompts().filter(Staging::isText).isPresent()) {
      local = copied(local, "generate.prompts", named.generate().prompts());
    }
    return resultHere(local);
  }

  private static Recipe resultHere(Recipe recipe) {
    String result = recipe.output().location();
    return LocalCopy.isRemote(result)
        ? recipe.with("output.path", ResultFolder.here(recipe, result))
        : recipe;
  }

  private Recipe copied(Recipe recipe, String key, Optional<String> location) {
    return location.filter(LocalCopy::isRemote).isPresent()
        ? recipe.with(key, copy(recipe, location.get()))
        : recipe;
  }

  private String copy(Recipe recipe, String location) {
    return Storage.of(session, messages).copy(location, recipe.run().cache()).toString();
  }

  /** Others are tables, which Spark reads where they are. */
  private static boolean isText(String prompts) {
    return prompts.endsWith(".txt");
  }

  private static Stream<String> locations(Recipe recipe) {
    List<String> all = new ArrayList<>(recipe.merge().adapters());
    all.add(recipe.output().location());
    all.add(recipe.tables().root());
    all.add(recipe.tokenTable());
    Stream.of(
            recipe.model().path(),
            recipe.adapter().path(),
            recipe.data().source(),
            recipe.merge().prompts(),
            recipe.eval().source(),
            recipe.generate().prompts())
        .flatMap(Optional::stream)
        .forEach(all::add);
    return all.stream();
  }

  /** Before anything begins: whether all stores answer, and keep what Delta's log builds on. */
  private void ask(Recipe recipe) {
    Configuration hadoop = session.sparkContext().hadoopConfiguration();
    Probe probe = new Probe(hadoop);
    probe.reach(locations(recipe).toList());
    String tables = recipe.tables().root();
    if (tables.startsWith("s3a:")) {
      String logStore = session.sparkContext().conf().get(LOG_STORE, "");
      if (logStore.equals(ConditionalLogStore.class.getName())) {
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
}
