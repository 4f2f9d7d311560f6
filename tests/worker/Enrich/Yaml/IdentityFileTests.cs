using System.Text.RegularExpressions;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Yaml;

namespace NetSniff.Tests.Worker.Enrich.Yaml;

public class IdentityFileTests
{
    public static TheoryData<string, string> BadFiles => new()
    {
        { "pods: [{name: a, adresses: [10.0.0.1]}]", "line 1: a pod has no key 'adresses'; did you mean addresses?" },
        { "pods: [{name: a, addresses: [10.0.0]}]", "a: '10.0.0' is no address" },
        { "pods: [{name: a, addresses: [10.0.0.1/24]}]", "a: '10.0.0.1/24' is no address" },
        { "networks: [10.0.0.0/33]", "networks: '10.0.0.0/33' is no network" },
        { "networks: [ten]", "networks: 'ten' is no network" },
        { "pods: [{namespace: shop}]", "a pod has no name" },
        { "pods: [{name: a, ports: [0]}]", "a: '0' is no port" },
        { "pods: [{name: a, ports: [53/quic]}]", "a: '53/quic' is no port" },
        { "pods: [{name: a, from: yesterday}]", "a: 'yesterday' is no time" },
        { "pods: [{name: a}, {name: a}]", "a is there twice" },
        { "pods: [{name: a, namespace: x}, {name: a, namespace: x}]", "x/a is there twice" },
        { "pods: [{name: a, name: b}]", "line 1:" },
        { "pods: [{name: a, owner: {name: b}}]", "the kind of a's owner has no name" },
        { "pods:\n  - name: [x]", "line 2: what stands here is of the wrong kind" },
        { "pods: 3", "line 1: what stands here is of the wrong kind" },
        { "pods: [{name: a, colour: red}]", "line 1: a pod has no key 'colour'; it may have addresses, " },
        { "pods: [null]", "pods: an entry is empty" },
        { "nodes: [", "line 2:" },
        { "[1, 2]", "line 1:" },
        { "\t- x", "line 1:" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused_with_the_reason(string text, string why)
    {
        var problem = Assert.Throws<IdentityFileException>(() => IdentityFile.Parse(text));
        Assert.StartsWith(why, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("pods:\nnodes: []\nhosts:\n")]
    public void Nothing_is_a_file_too(string text) => Assert.Empty(IdentityFile.Parse(text));

    [Fact]
    public void Depth_and_references_do_no_harm()
    {
        Assert.Throws<IdentityFileException>(() => IdentityFile.Parse("pods: " + new string('[', 100_000)));
        var levels = Enumerable.Range(0, 20).Select(level => $"x{level}: [*a, *a]\n");
        var bomb = "networks: &a [10.0.0.0/8]\n" + string.Concat(levels);
        Assert.Throws<IdentityFileException>(() => IdentityFile.Parse(bomb));
    }

    [Fact]
    public void No_bytes_but_a_file_or_a_reason_come_out()
    {
        const string good = "nodes: [{name: n, addresses: [10.0.0.1], labels: {a: b}}]\n"
            + "pods:\n  - name: p\n    from: 2026-01-31\n";
        var random = new Random(31);
        var refused = 0;
        for (var round = 0; round < 3000; round++)
        {
            var letters = good.ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                letters[random.Next(letters.Length)] = (char)random.Next(1, 128);
            }

            try
            {
                IdentityFile.Parse(new string(letters));
            }
            catch (IdentityFileException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 2999);
    }

    [Fact]
    public void The_examples_of_the_page_are_read()
    {
        var page = Sources.Read("docs/identity.md");
        var examples = Regex.Matches(page, "^```yaml\n([\\s\\S]*?)^```", RegexOptions.Multiline);
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.NotEmpty(IdentityFile.Parse(example.Groups[1].Value)));
    }
}
