package org.lawtap.warrants.cli;

import java.time.Instant;
import org.lawtap.schemas.order.OrderJson;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time of an option as an order's times are read: with its zone, which is UTC. */
final class UtcTime implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
        try {
            return OrderJson.time("the time", text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
