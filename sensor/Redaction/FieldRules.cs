using NetSniff.Config;
using NetSniff.Flows;
using NetSniff.Records;

namespace NetSniff.Sensor.Redaction;

/// <summary>What becomes of a field on its way out.</summary>
internal enum FieldRule : byte
{
    Keep,

    /// <summary>Each text of it is `name: value`.</summary>
    HeaderList,

    /// <summary>A URL that ends where its query begins.</summary>
    WithoutQuery,

    LeaveOut,
}

/// <summary>Which fields a payload level lets through, by the form of their names.</summary>
internal static class FieldRules
{
    private static readonly string[] s_urls = [".uri", ".url", ".referer", ".location"];

    /// <summary>What somebody wrote to somebody, though it is in no header list.</summary>
    private static readonly string[] s_content = ["grpc.message"];

    /// <returns>A rule for each field; none where records of the kind do not leave.</returns>
    public static FieldRule[] For(RecordSchema schema, PayloadLevel level) =>
        level == PayloadLevel.None && schema.Info != FlowRecord.Info
            ? []
            : [.. schema.Fields.Select(field => Rule(field, level))];

    private static FieldRule Rule(Field field, PayloadLevel level)
    {
        var isHeaders = field.Name.EndsWith(".headers", StringComparison.Ordinal);
        if (level >= PayloadLevel.Headers) return isHeaders ? FieldRule.HeaderList : FieldRule.Keep;
        if (isHeaders || s_content.Contains(field.Name)) return FieldRule.LeaveOut;

        var isUrl = s_urls.Any(end => field.Name.EndsWith(end, StringComparison.Ordinal));
        return isUrl ? FieldRule.WithoutQuery : FieldRule.Keep;
    }
}
