package io.sparkpeft.spark.telemetry;

import java.io.Serializable;
import java.util.List;

/** What goes over the wire. */
record EventBatch(List<RunEvent> events) implements Serializable {}
