namespace NetSniff.Detection.Rules;

/// <summary>What a rule looks for, and what is to happen then.</summary>
public static partial class RuleReader
{
    private const int FieldMax = 128;
    private const int FieldsMax = 8;

    /// <summary>Bytes of a capture where nothing is said of them.</summary>
    private const long CaptureBytes = 16 << 20;

    private const long CaptureSpanMax = 600L * 1_000_000_000;

    /// <summary>Those of the resource that this version has no detector for.</summary>
    private static readonly string[] s_later = ["Sequence", "Anomaly", "Builtin"];

    private static readonly string[] s_types = ["Match", "Threshold", "Distinct", "Pattern"];

    private static readonly string[] s_actions = ["Event", "Metric", "Log", "Trace", "Webhook", "Capture"];

    private static DetectorSpec? ReadDetector(SpecMap? map, SpecProblems problems)
    {
        if (map?.Text("type", 32, isRequired: true) is not { } type) return null;
        if (s_later.Contains(type.Value, StringComparer.Ordinal))
        {
            problems.Add(type, $"{type.Value} is not in this version; there are {string.Join(", ", s_types)}",
                RuleFault.NotServed);
            return null;
        }

        if (!s_types.Contains(type.Value, StringComparer.Ordinal))
        {
            problems.Add(type, SpecMap.NoSuch(type.Value, s_types));
            return null;
        }

        foreach (var member in s_types.Skip(1).Where(name => name != type.Value))
        {
            var field = member.ToLowerInvariant();
            if (map.Has(field)) problems.Add(map.Line, map.PathOf(field), $"is for type {member}, not {type.Value}");
        }

        DetectorSpec? spec = type.Value switch
        {
            "Match" => new MatchDetectorSpec(),
            "Threshold" => ReadThreshold(map.Map("threshold", isRequired: true)),
            "Distinct" => ReadDistinct(map.Map("distinct", isRequired: true)),
            _ => ReadPattern(map.Map("pattern", isRequired: true), problems),
        };
        map.End();
        return spec;
    }

    private static ThresholdSpec? ReadThreshold(SpecMap? map)
    {
        if (map is null) return null;

        var count = map.Whole("count", 1, 1_000_000_000, 0, isRequired: true);
        var window = map.Duration("window", isRequired: true);
        var spec = new ThresholdSpec(count, window ?? 0)
        {
            SumOf = map.Text("sumOf", FieldMax), GroupBy = map.Texts("groupBy", FieldsMax, FieldMax),
        };
        map.End();
        return count > 0 && window is not null ? spec : null;
    }

    private static DistinctSpec? ReadDistinct(SpecMap? map)
    {
        if (map is null) return null;

        var field = map.Text("field", FieldMax, isRequired: true);
        var count = map.Whole("count", 2, 1_000_000, 0, isRequired: true);
        var window = map.Duration("window", isRequired: true);
        var groupBy = map.Texts("groupBy", FieldsMax, FieldMax);
        map.End();
        return field is null || count == 0 || window is null
            ? null
            : new DistinctSpec(field, count, window.Value) { GroupBy = groupBy };
    }

    private static PatternDetectorSpec? ReadPattern(SpecMap? map, SpecProblems problems)
    {
        if (map is null) return null;

        var fields = map.Texts("fields", FieldsMax, FieldMax, isRequired: true);
        var minScore = (int)map.Whole("minScore", 1, 1000, 1);
        List<DecodeStep> decode = [];
        foreach (var text in map.Texts("decode", 6, 16))
        {
            if (!SpecMap.TryEnum<DecodeStep>(text.Value, out var step))
            {
                problems.Add(text, SpecMap.NoSuch(text.Value, Enum.GetNames<DecodeStep>()));
            }
            else if (decode.Contains(step))
            {
                problems.Add(text, "is there twice");
            }
            else
            {
                decode.Add(step);
            }
        }

        List<PatternSpec> patterns = [];
        foreach (var pattern in map.Maps("patterns", 256, isRequired: true))
        {
            if (ReadOnePattern(pattern, problems) is not { } one) continue;
            if (patterns.Any(other => other.Name == one.Name))
            {
                problems.Add(pattern.Line, pattern.PathOf("name"), "another pattern has this name");
            }

            patterns.Add(one);
        }

        map.End();
        return fields is [] || patterns is []
            ? null
            : new PatternDetectorSpec(fields, patterns) { MinScore = minScore, Decode = decode };
    }

    private static PatternSpec? ReadOnePattern(SpecMap map, SpecProblems problems)
    {
        var name = map.Text("name", 63, isRequired: true);
        var literal = map.Text("literal", 256);
        var regex = map.Text("regex", 512);
        var score = (int)map.Whole("score", 1, 1000, 1);
        map.End();
        if ((literal is null) == (regex is null))
        {
            problems.Add(map.Line, map.Path, "exactly one of literal and regex must be set");
            return null;
        }

        return name is null ? null : new PatternSpec(name.Value, literal, regex, score);
    }

    /// <summary>Read and checked, so that a rule written now stands later; whoever runs the rules carries them out.
    /// </summary>
    private static List<string> ReadActions(
        SpecMap spec, RuleMode mode, SpecProblems problems, out CaptureSpec? capture)
    {
        capture = null;
        List<string> actions = [];
        foreach (var map in spec.Maps("actions", 8))
        {
            map.Text("name", 63, isRequired: true);
            var type = map.Text("type", 16, isRequired: true);
            map.Node("webhook");
            var asked = ReadCapture(map.Map("capture"), problems);
            map.End();
            if (type is null) continue;

            if (!s_actions.Contains(type.Value, StringComparer.Ordinal))
            {
                problems.Add(type, SpecMap.NoSuch(type.Value, s_actions));
                continue;
            }

            if (mode != RuleMode.Alert && type.Value is not ("Event" or "Metric"))
            {
                problems.Add(type, $"only Event and Metric run in mode {mode}");
            }

            CheckMember(map, type, "webhook", "Webhook", problems);
            if (map.Has("capture") && type.Value != "Capture") problems.Add(type, "capture is for type Capture");
            if (type.Value == "Capture") capture = asked;
            if (type.Value is "Log" or "Trace" or "Webhook")
            {
                problems.Warn(
                    type.Line, type.Path, $"{type.Value} is not carried out in this version; findings are records",
                    RuleFault.NotServed);
            }

            actions.Add(type.Value);
        }

        return actions;
    }

    private static CaptureSpec ReadCapture(SpecMap? map, SpecProblems problems)
    {
        const long Second = 1_000_000_000;
        var (before, after) = (map?.Duration("before") ?? 5 * Second, map?.Duration("after") ?? 10 * Second);
        var bytes = map?.Whole("maxBytes", 1024, 1 << 30, CaptureBytes) ?? CaptureBytes;
        map?.End();
        foreach (var (field, span) in ((string, long)[])[("before", before), ("after", after)])
        {
            if (span <= CaptureSpanMax) continue;

            problems.Add(map!.Line, map.PathOf(field), "is at most 10m");
        }

        return new CaptureSpec(before, after, bytes);
    }

    private static void CheckMember(SpecMap map, SpecText type, string member, string of, SpecProblems problems)
    {
        if (map.Has(member) == (type.Value == of)) return;

        problems.Add(type, $"{member} is there when, and only when, type is {of}");
    }
}
