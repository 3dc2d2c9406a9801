package io.sparkpeft.api;

import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.Recipe;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** Follows within the hour. */
record Finetuning(SparkSession session, Consumer<String> messages) {
  Finetuned run(Recipe recipe) {
    messages.accept(session + " " + recipe);
    return new Finetuned(Json.object(), false);
  }
}
