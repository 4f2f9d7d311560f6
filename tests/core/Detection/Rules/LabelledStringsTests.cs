using System.Text;
using System.Text.Json;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Packets;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Detection.Rules;

/// <summary>The rule against SQL injection, on strings that others labelled: what it finds, and what it leaves alone.
/// </summary>
public class LabelledStringsTests
{
    private const int Every = 12;
    private const long Minute = 60_000_000_000;

    [Fact]
    public void Most_attacks_are_found_and_prose_is_not()
    {
        var path = Corpus.Need("sqli", "sqli_dev.tsv");

        List<RuleProblem> problems = [];
        var files = RuleFiles.Read(Path.Combine(Repository.Root, "rules", "sql-injection.yaml"));
        var run = new DetectionRun(new RuleLoader().Load(files.Specs(problems), problems, out _)!);
        var sink = TestRecords.NewSink();
        var counts = new Dictionary<string, (int Found, int All)>();
        foreach (var (line, index) in File.ReadLines(path).Skip(1).Where((_, index) => index % Every == 0)
            .Select((line, index) => (line, index)))
        {
            var columns = line.Split('\t');
            sink.Clear();
            sink.Context.Client = Address.FromV4((uint)index);
            sink.Emit(
                new HttpRecord { Method = "GET"u8, Uri = Target(columns[4]), HasRequest = true }, index * Minute);
            run.Run(sink.Bytes, 0);
            var key = columns[1] == "1" ? $"attack {columns[2]}" : "benign";
            var (found, all) = counts.GetValueOrDefault(key);
            counts[key] = (found + (run.FindingsCount > 0 ? 1 : 0), all + 1);
        }

        Assert.True(counts["attack strong"].All > 1000 && counts["benign"].All > 500);
        Assert.InRange((double)counts["attack strong"].Found / counts["attack strong"].All, 0.87, 1);
        Assert.InRange((double)counts["benign"].Found / counts["benign"].All, 0, 0.004);
    }

    /// <summary>As it would stand in a request: what is no letter or digit by its number.</summary>
    private static byte[] Target(string json)
    {
        var text = JsonSerializer.Deserialize<string>(json)!;
        var octets = text.All(static letter => letter < 256)
            ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);
        var target = new StringBuilder("/q?v=");
        foreach (var octet in octets)
        {
            if (char.IsAsciiLetterOrDigit((char)octet)) target.Append((char)octet);
            else target.Append('%').Append(octet.ToString("X2", null));
        }

        return Encoding.ASCII.GetBytes(target.ToString());
    }
}
