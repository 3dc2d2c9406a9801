package io.sparkpeft.eval;

import java.io.Serializable;

/** A question to the model: how likely is the continuation after the context? */
public record Request(String task, int documentId, int choice, String context, String continuation)
    implements Serializable {}
