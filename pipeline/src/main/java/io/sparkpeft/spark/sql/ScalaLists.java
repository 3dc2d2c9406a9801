package io.sparkpeft.spark.sql;

import java.util.ArrayList;
import java.util.List;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Spark's plans are made of Scala's sequences. */
final class ScalaLists {
  private ScalaLists() {}

  static <T> List<T> toJava(Seq<? extends T> sequence) {
    return new ArrayList<>(CollectionConverters.asJava(sequence));
  }

  static <T> Seq<T> toScala(List<? extends T> list) {
    return CollectionConverters.<T>asScala(new ArrayList<T>(list)).toSeq();
  }

  static <T> Seq<T> widened(Seq<? extends T> sequence) {
    return toScala(ScalaLists.<T>toJava(sequence));
  }

  static <T> Seq<T> joined(Seq<? extends T> first, Seq<? extends T> second) {
    List<T> all = toJava(first);
    all.addAll(toJava(second));
    return toScala(all);
  }
}
