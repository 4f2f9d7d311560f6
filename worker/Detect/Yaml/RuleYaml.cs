using NetSniff.Detection.Rules;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetSniff.Worker.Detect.Yaml;

/// <summary>From YAML to the documents in it. Aliases are refused: a few lines of them make a document of any size.
/// </summary>
public static class RuleYaml
{
    /// <summary>Characters of a file.</summary>
    public const int LengthMax = 1 << 20;

    /// <summary>Texts, lists and maps of a file.</summary>
    public const int NodesMax = 200_000;

    public const int DepthMax = 32;

    /// <summary>Reads all documents of a file; what cannot be read is told, whatever it is.</summary>
    public static IReadOnlyList<SpecNode> Read(string text, string file, List<RuleProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(problems);
        if (text.Length > LengthMax)
        {
            problems.Add(new RuleProblem(file, 0, "", $"has more than {LengthMax} characters"));
            return [];
        }

        try
        {
            return new Reading(text).Documents();
        }
        catch (YamlException problem)
        {
            var reason = problem.InnerException?.Message ?? problem.Message;
            problems.Add(new RuleProblem(file, (int)problem.Start.Line, "", reason));
            return [];
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or FormatException
            or OverflowException or IndexOutOfRangeException)
        {
            // The scanner is not ours; what it stumbles over is the file's fault all the same.
            problems.Add(new RuleProblem(file, 0, "", $"is no YAML: {problem.Message}"));
            return [];
        }
    }

    private sealed class Reading(string text)
    {
        private readonly Parser _parser = new(new StringReader(text));
        private int _nodes;

        public List<SpecNode> Documents()
        {
            List<SpecNode> documents = [];
            while (_parser.MoveNext())
            {
                if (_parser.Current is not DocumentStart) continue;

                var node = Node(Next(), 0);
                // A file may end in `---`, and comments are documents of nothing.
                if (node is not { Kind: SpecKind.Text, Value: "" }) documents.Add(node);
            }

            return documents;
        }

        private ParsingEvent Next() => _parser.MoveNext() && _parser.Current is { } next
            ? next
            : throw new YamlException("it ends too soon");

        private SpecNode Node(ParsingEvent at, int depth)
        {
            if (++_nodes > NodesMax) throw Refused(at, $"it has more than {NodesMax} values");
            if (depth > DepthMax) throw Refused(at, $"it is more than {DepthMax} levels deep");

            var line = (int)at.Start.Line;
            switch (at)
            {
                case Scalar scalar:
                    var isNothing = scalar.Style == ScalarStyle.Plain && scalar.Value is "~" or "null" or "Null";
                    return SpecNode.Text(isNothing ? "" : scalar.Value, line);
                case SequenceStart:
                    List<SpecNode> elements = [];
                    for (var next = Next(); next is not SequenceEnd; next = Next())
                    {
                        elements.Add(Node(next, depth + 1));
                    }

                    return SpecNode.List(elements, line);
                case MappingStart:
                    List<SpecEntry> entries = [];
                    for (var next = Next(); next is not MappingEnd; next = Next())
                    {
                        if (next is not Scalar key) throw Refused(next, "a key is a text");

                        entries.Add(new SpecEntry(key.Value, (int)key.Start.Line, Node(Next(), depth + 1)));
                    }

                    return SpecNode.Map(entries, line);
                default:
                    throw Refused(at, "aliases are not understood here: write it out");
            }
        }

        private static YamlException Refused(ParsingEvent at, string why) => new(at.Start, at.End, why);
    }
}
