using System.Text.RegularExpressions;
using NetSniff.Cli.Commands.Docs;

namespace NetSniff.Tests;

/// <summary>What a reader of the house relies on, kept by a machine: order, sizes, lists, names, links.</summary>
public sealed partial class TidyTests
{
    private const int LineMax = 120;
    private const int MethodLinesMax = 60;
    private const int FileLinesMax = 400;
    private const int CorpusBytesMax = 64 * 1024;

    /// <summary>Who may name whom. Programs that only try things out may name anything, and nothing names them.
    /// </summary>
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        ["core"] = [],
        ["storage"] = ["core"],
        ["wire"] = ["core"],
        ["kube"] = [],
        ["sensor"] = ["core", "storage", "wire"],
        ["worker"] = ["core", "storage", "wire", "kube"],
        ["operator"] = ["core", "wire", "kube"],
        ["cli"] = ["core", "storage", "wire", "kube", "sensor", "worker", "operator"],
        ["native"] = ["core", "storage", "wire", "kube", "sensor", "worker", "operator"],
    };

    private static readonly string[] s_unnamed = ["tests", "fuzz", "bench"];

    [Fact]
    public void Core_keeps_its_inner_order()
    {
        var order = InnerOrder();
        Assert.Equal(
            Directory.EnumerateDirectories(Path.Combine(Repository.Root, "core"))
                .Select(path => Path.GetFileName(path)!).Except(["bin", "obj"]).Order(StringComparer.Ordinal),
            order.Order(StringComparer.Ordinal));

        List<string> wrong = [];
        foreach (var path in Sources.Code.Where(path => path.StartsWith("core/", StringComparison.Ordinal)))
        {
            var place = Array.IndexOf(order, path.Split('/')[1]);
            var later = string.Join('|', order.Skip(place + 1));
            if (later.Length == 0) continue;
            var code = Sources.WithoutWords(Sources.Read(path));
            foreach (Match match in Regex.Matches(code, $@"\bNetSniff\.({later})\b|(?<![\w.?])({later})\.[A-Z]"))
            {
                wrong.Add($"{path}: {match.Value}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Projects_name_only_those_below_them()
    {
        foreach (var path in Sources.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var project = path.Split('/')[0];
            var names = ProjectReference().Matches(Sources.Read(path)).Select(match => match.Groups[1].Value).ToList();
            // The tests drive the fuzzer for a few seconds; otherwise nothing names what only tries things out.
            var unnamed = project == "tests" ? s_unnamed.Except(["fuzz"]) : s_unnamed;
            Assert.All(names, name => Assert.DoesNotContain(name, unnamed));
            if (s_unnamed.Contains(project)) continue;

            Assert.True(s_arrows.ContainsKey(project), $"{project} has no place in the order of projects");
            Assert.Empty(names.Except(s_arrows[project]));
        }

        Assert.DoesNotContain("PackageReference", Sources.Read("core/NetSniff.Core.csproj"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sensor", "PacketCapture", "sensor/Capture/Captures.cs")]
    [InlineData("cli", "Output", "cli/Capturing/CaptureOutput.cs")]
    public void Every_kind_is_in_its_list(string project, string kind, string list)
    {
        var known = Sources.Read(list);
        var suffix = kind == "Output" ? kind : "";
        var declared = new Regex($@"\bclass (\w+{suffix})(\([^{{;]*\))?\s*:\s*{kind}\b");
        var types = Sources.Code.Where(path => path.StartsWith(project + "/", StringComparison.Ordinal))
            .SelectMany(path => declared.Matches(Sources.Read(path)).Select(match => match.Groups[1].Value))
            .ToList();
        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.Contains(type, known, StringComparison.Ordinal));
    }

    [Fact]
    public void Lines_fit()
    {
        var wrong = Sources.Code.SelectMany(path => Sources.Lines(path)
            .Select((line, index) => (Where: $"{path}:{index + 1}", Path: path, line.Length))
            .Where(line => line.Length > LineMax && !TidyExceptions.LongLines.ContainsKey(line.Path)));
        Assert.Empty(wrong.Select(line => $"{line.Where} has {line.Length} columns"));
    }

    [Fact]
    public void Methods_fit_a_screen()
    {
        var wrong = Sources.Code.SelectMany(path => Blocks(path).Where(block => block.Lines > MethodLinesMax))
            .Where(block => !TidyExceptions.LongMethods.ContainsKey(block.Name));
        Assert.Empty(wrong.Select(block => $"{block.Name} has {block.Lines} lines"));
    }

    [Fact]
    public void Files_are_one_idea_long()
    {
        var wrong = Sources.Code.Select(path => (Path: path, Count: Sources.Lines(path).Length))
            .Where(file => file.Count > FileLinesMax && !TidyExceptions.LongFiles.ContainsKey(file.Path));
        Assert.Empty(wrong.Select(file => $"{file.Path} has {file.Count} lines"));
    }

    [Fact]
    public void Exceptions_are_still_needed()
    {
        Assert.All(TidyExceptions.LongFiles.Keys, path => Assert.True(Sources.Lines(path).Length > FileLinesMax, path));
        Assert.All(
            TidyExceptions.LongLines.Keys,
            path => Assert.True(Sources.Lines(path).Any(line => line.Length > LineMax), path));
        var blocks = Sources.Code.SelectMany(Blocks).Where(block => block.Lines > MethodLinesMax)
            .Select(block => block.Name);
        Assert.Empty(TidyExceptions.LongMethods.Keys.Except(blocks));
    }

    [Fact]
    public void Nothing_is_left_for_later_without_a_number()
    {
        // Put together here, or this file would be its own first finding.
        var later = new Regex($@"\b({"TO" + "DO"}|{"FIX" + "ME"}|{"X" + "XX"})\b(?!\(#\d+\))");
        var folded = "#" + "region";
        foreach (var path in Sources.Code)
        {
            var text = Sources.Read(path);
            Assert.DoesNotMatch(later, text);
            Assert.DoesNotContain(folded, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Names_of_files_say_what_is_inside() =>
        Assert.DoesNotContain(Sources.Code, path => NoName().IsMatch(Path.GetFileName(path)));

    [Fact]
    public void Each_doc_has_one_title()
    {
        foreach (var path in Sources.Docs)
        {
            var text = Fence().Replace(Sources.Read(path), "");
            var titles = text.Split('\n').Count(line => line.StartsWith("# ", StringComparison.Ordinal));
            Assert.True(titles == 1, $"{path} has {titles} titles");
        }
    }

    [Fact]
    public void Links_lead_somewhere()
    {
        List<string> broken = [];
        foreach (var path in Sources.Docs)
        {
            foreach (Match link in Link().Matches(Fence().Replace(Sources.Read(path), "")))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                var full = Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, target);
                if (!File.Exists(full) && !Directory.Exists(full)) broken.Add($"{path}: {target}");
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void The_page_of_protocols_is_what_the_generator_gives() =>
        Assert.Equal(ProtocolsPage.Text(), Sources.Read("docs/protocols.md"));

    [Fact]
    public void Corpus_files_are_small_and_their_origin_is_noted()
    {
        foreach (var path in Sources.All.Where(path => path.Contains("/corpus/", StringComparison.Ordinal)))
        {
            var size = new FileInfo(Path.Combine(Repository.Root, path)).Length;
            Assert.True(size <= CorpusBytesMax, $"{path} has {size} bytes");
            if (Path.GetExtension(path) is ".md" or ".jsonl") continue;

            var notes = Path.Combine(Path.GetDirectoryName(path)!, "README.md");
            Assert.True(Sources.All.Contains(notes), $"{notes} is missing");
            Assert.Contains(Path.GetFileName(path), Sources.Read(notes), StringComparison.Ordinal);
        }
    }

    /// <summary>The line of docs/architecture.md that gives the order.</summary>
    private static string[] InnerOrder()
    {
        var line = Sources.Lines("docs/architecture.md")
            .Single(line => line.StartsWith("`Buffers` → ", StringComparison.Ordinal));
        return [.. line.Split('→').Select(name => name.Trim(' ', '`', '.'))];
    }

    /// <summary>Members with a body in braces; the indentation is the formatter's, so it can be trusted.</summary>
    private static IEnumerable<(string Name, int Lines)> Blocks(string path)
    {
        var lines = Sources.Lines(path);
        for (var start = 1; start < lines.Length; start++)
        {
            var indent = lines[start].Length - 1;
            if (lines[start].TrimStart() != "{" || indent % 4 != 0 || indent == 0) continue;

            var head = start - 1;
            while (head > 0 && lines[head].StartsWith(new string(' ', indent + 1), StringComparison.Ordinal)) head--;
            // A table is as long as what it lists.
            if (lines[head].EndsWith("new()", StringComparison.Ordinal)) continue;
            if (TypeHead().IsMatch(lines[head]) || !MemberHead().IsMatch(lines[head])) continue;

            var close = new string(' ', indent) + "}";
            var end = Array.FindIndex(lines, start, line => line.StartsWith(close, StringComparison.Ordinal));
            if (end < 0) continue;
            yield return ($"{path}:{MemberName().Match(lines[head]).Groups[1].Value}", end - head + 1);
        }
    }

    [GeneratedRegex("<ProjectReference Include=\"\\.\\./([a-z]+)/")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("Helper|Utils|Manager|Common")]
    private static partial Regex NoName();

    [GeneratedRegex("^```[\\s\\S]*?^```", RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record|namespace)\b")]
    private static partial Regex TypeHead();

    [GeneratedRegex(@"^\s*(public|private|internal|protected|static|unsafe|override)\b.*\(")]
    private static partial Regex MemberHead();

    [GeneratedRegex(@"(\w+)(<[^(]*>)?\(")]
    private static partial Regex MemberName();
}
