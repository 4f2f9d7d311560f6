using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>A profile for other programs: one line a stack, and speedscope's JSON.</summary>
internal static class FlameText
{
    /// <summary>How the profile came about, in one line.</summary>
    public static string About(CpuProfile profile) => string.Create(
        CultureInfo.InvariantCulture,
        $"{profile.Samples} samples, {profile.Lost} lost, {profile.SourceText}")
        + (profile.Note.Length > 0 ? "; " + profile.Note : "");

    /// <summary>`outer;inner;innermost 123`, microseconds.</summary>
    public static string Folded(CpuProfile profile)
    {
        var text = new StringBuilder();
        foreach (var (path, micros) in profile.Root.Paths())
        {
            var whole = Math.Round(micros);
            if (whole < 1) continue;

            text.AppendJoin(';', path.Select(name => name.Replace(';', ':')));
            text.Append(CultureInfo.InvariantCulture, $" {whole}\n");
        }

        return text.ToString();
    }

    /// <summary>https://www.speedscope.app/file-format-schema.json: frames once, samples as lists of their numbers.
    /// </summary>
    public static string Speedscope(CpuProfile profile, string title)
    {
        var frames = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        var samples = new List<int[]>();
        var weights = new List<double>();
        foreach (var (path, micros) in profile.Root.Paths())
        {
            foreach (var name in path) frames.TryAdd(name, frames.Count);
            samples.Add([.. path.Select(name => frames[name])]);
            weights.Add(Math.Round(micros, 1));
        }

        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
            json.WriteString("name", title);
            json.WriteString("exporter", $"netsniff: {About(profile)}");
            json.WriteStartObject("shared");
            json.WriteStartArray("frames");
            foreach (var name in frames.Keys)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("profiles");
            WriteProfile(json, title, samples, weights);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteProfile(Utf8JsonWriter json, string title, List<int[]> samples, List<double> weights)
    {
        json.WriteStartObject();
        json.WriteString("type", "sampled");
        json.WriteString("name", title);
        json.WriteString("unit", "microseconds");
        json.WriteNumber("startValue", 0);
        json.WriteNumber("endValue", Math.Round(weights.Sum(), 1));
        json.WriteStartArray("samples");
        foreach (var sample in samples)
        {
            json.WriteStartArray();
            foreach (var frame in sample) json.WriteNumberValue(frame);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var weight in weights) json.WriteNumberValue(weight);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
