package io.sparkpeft.spark.eval;

/** A run of gate and what it found. */
public record JudgedGate(String runId, GateResult result) {}
