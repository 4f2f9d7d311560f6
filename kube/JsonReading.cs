using System.Globalization;
using System.Text.Json;

namespace NetSniff.Kube;

/// <summary>Reads what may be there: an object of the API has fields that are absent, null, or of tomorrow's kind.
/// </summary>
public static class JsonReading
{
    /// <summary>A field of a field; null where any of them is not there.</summary>
    public static JsonElement? Inner(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Inner(path) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    public static bool IsTrue(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Inner(path) is { ValueKind: JsonValueKind.True };

    public static int? Number(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Inner(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value
            : null;

    /// <summary>Entries of a list; none where there is none.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Inner(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>Texts of a list; what is none is left out.</summary>
    public static IEnumerable<string> Texts(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.List(path).Where(static entry => entry.ValueKind == JsonValueKind.String)
            .Select(static entry => entry.GetString()!);

    /// <summary>Fields of an object, in their order; none where there is none.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Map(
        this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Inner(path) is { ValueKind: JsonValueKind.Object } map
            ? map.EnumerateObject().Where(static field => field.Value.ValueKind == JsonValueKind.String)
                .Select(static field => KeyValuePair.Create(field.Name, field.Value.GetString()!))
            : [];

    /// <summary>RFC 3339, as nanoseconds since 1970 UTC.</summary>
    public static long? Moment(this JsonElement element, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(
            element.Text(path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? (moment.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick
            : null;
}
