package io.sparkpeft.spark.rank;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Spark's barrier stages, which its Java API does not offer. */
final class Barrier {
  private Barrier() {}

  /** All tasks of this stage run at the same time, or none. */
  static <T, R> JavaRDD<R> mapPartitions(JavaRDD<T> rdd, FlatMapFunction<Iterator<T>, R> function) {
    return rdd.rdd()
        .barrier()
        .mapPartitions(
            new ScalaFunction<>(function), false, ClassTag$.MODULE$.<R>apply(Object.class))
        .toJavaRDD();
  }

  private static final class ScalaFunction<T, R>
      extends AbstractFunction1<scala.collection.Iterator<T>, scala.collection.Iterator<R>>
      implements Serializable {
    private final FlatMapFunction<Iterator<T>, R> function;

    ScalaFunction(FlatMapFunction<Iterator<T>, R> function) {
      this.function = function;
    }

    @Override
    public scala.collection.Iterator<R> apply(scala.collection.Iterator<T> elements) {
      try {
        return CollectionConverters.asScala(function.call(CollectionConverters.asJava(elements)));
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
