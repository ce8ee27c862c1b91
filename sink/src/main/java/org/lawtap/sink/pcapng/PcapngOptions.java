package org.lawtap.sink.pcapng;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lawtap.sink.pcapng.PcapngFindings.BrokenException;

/**
 * The options at the end of a block, held to the draft's lengths and repetitions (3.5, and 4.1 to 4.6 for each block).
 *
 * @param list in the order of the file
 */
record PcapngOptions(List<PcapngOptions.Option> list) {
    private static final int ANY_LENGTH = -1;
    private static final int CUSTOM_LENGTH_MIN = 4;
    private static final Set<Integer> CUSTOM = Set.of(2988, 2989, 19372, 19373);

    /** An option: its code, and where its value stands in the block. */
    record Option(int code, int at, int length) {}

    private record Rule(int length, boolean text, boolean repeatable) {}

    private static final Rule TEXT = new Rule(ANY_LENGTH, true, false);
    private static final Rule BYTES = new Rule(ANY_LENGTH, false, false);
    private static final Rule MANY = new Rule(ANY_LENGTH, false, true);

    private static final Map<Integer, Rule> SECTION = Map.of(2, TEXT, 3, TEXT, 4, TEXT);
    private static final Map<Integer, Rule> INTERFACE = Map.ofEntries(
            Map.entry(2, TEXT),
            Map.entry(3, TEXT),
            Map.entry(4, new Rule(8, false, true)),
            Map.entry(5, new Rule(17, false, true)),
            Map.entry(6, new Rule(6, false, false)),
            Map.entry(7, new Rule(8, false, false)),
            Map.entry(8, new Rule(8, false, false)),
            Map.entry(9, new Rule(1, false, false)),
            Map.entry(10, new Rule(4, false, false)),
            Map.entry(11, BYTES),
            Map.entry(12, TEXT),
            Map.entry(13, new Rule(1, false, false)),
            Map.entry(14, new Rule(8, false, false)),
            Map.entry(15, TEXT),
            Map.entry(16, new Rule(8, false, false)),
            Map.entry(17, new Rule(8, false, false)),
            Map.entry(18, TEXT));
    private static final Map<Integer, Rule> PACKET = Map.of(
            2, new Rule(4, false, false),
            3, MANY,
            4, new Rule(8, false, false),
            5, new Rule(8, false, false),
            6, new Rule(4, false, false),
            7, MANY,
            8, new Rule(8, false, false));
    private static final Map<Integer, Rule> STATISTICS = Map.of(
            2, new Rule(8, false, false),
            3, new Rule(8, false, false),
            4, new Rule(8, false, false),
            5, new Rule(8, false, false),
            6, new Rule(8, false, false),
            7, new Rule(8, false, false),
            8, new Rule(8, false, false));
    private static final Map<Integer, Rule> NAMES =
            Map.of(2, TEXT, 3, new Rule(4, false, false), 4, new Rule(16, false, false));

    /** Reads the options that begin at a byte of the block. */
    static PcapngOptions read(PcapngBlock block, int start, PcapngFindings findings) throws BrokenException {
        Map<Integer, Rule> rules = rules(block.type());
        List<Option> options = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        int at = start;
        while (at < block.end()) {
            long offset = block.offset() + at;
            if (block.end() - at < 4) {
                throw findings.broken(offset, "options that end inside one");
            }
            int code = block.u16(at);
            int length = block.u16(at + 2);
            if (code == 0) {
                if (length != 0 || at + 4 != block.end()) {
                    findings.breach(offset, "an end of options that is not the end of its block");
                }
                return new PcapngOptions(options);
            }
            long next = at + 4 + PcapngBlock.padded(length);
            if (next > block.end()) {
                throw findings.broken(offset, "option " + code + " of " + length + " bytes, longer than its block");
            }
            Option option = new Option(code, at + 4, length);
            Rule rule = rules.getOrDefault(code, MANY);
            if (code == 1) {
                rule = new Rule(ANY_LENGTH, true, true);
            }
            check(block, option, rule, findings);
            if (!seen.add(code) && !rule.repeatable()) {
                findings.breach(offset, "option " + code + " a second time");
            }
            zeros(block, at + 4 + length, (int) next, findings);
            options.add(option);
            at = (int) next;
        }
        if (!options.isEmpty()) {
            findings.breach(block.offset() + at, "options without an end");
        }
        return new PcapngOptions(options);
    }

    /** The first option of a code; its place is -1 where there is none. */
    Option first(int code) {
        return list.stream().filter(option -> option.code() == code).findFirst().orElse(new Option(code, -1, 0));
    }

    boolean has(int code) {
        return first(code).at() >= 0;
    }

    /** Padding is zero. */
    static void zeros(PcapngBlock block, int from, int to, PcapngFindings findings) {
        for (int i = from; i < to; i++) {
            if (block.bytes().get(i) != 0) {
                findings.breach(block.offset() + i, "padding that is not zero");
                return;
            }
        }
    }

    private static void check(PcapngBlock block, Option option, Rule rule, PcapngFindings findings) {
        long offset = block.offset() + option.at() - 4;
        boolean tooShort = CUSTOM.contains(option.code()) && option.length() < CUSTOM_LENGTH_MIN;
        if (tooShort || (rule.length() != ANY_LENGTH && rule.length() != option.length())) {
            findings.breach(offset, "option " + option.code() + " of " + option.length() + " bytes");
        }
        if (rule.text() && !isUtf8(block, option)) {
            findings.breach(offset, "option " + option.code() + ", a text that is not UTF-8");
        }
    }

    private static boolean isUtf8(PcapngBlock block, Option option) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(block.bytes().slice(option.at(), option.length()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static Map<Integer, Rule> rules(int blockType) {
        return switch (blockType) {
            case PcapngBlocks.SECTION_HEADER -> SECTION;
            case PcapngBlocks.INTERFACE_DESCRIPTION -> INTERFACE;
            case PcapngBlocks.ENHANCED_PACKET -> PACKET;
            case PcapngBlocks.INTERFACE_STATISTICS -> STATISTICS;
            case PcapngBlocks.NAME_RESOLUTION -> NAMES;
            default -> Map.of();
        };
    }
}
