using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Wire.Ring;

public class MembersTests
{
    [Fact]
    public void A_list_is_read_from_a_line_or_many()
    {
        var members = MemberText.Parse(
            "w-0=10.0.0.1:4701, w-1=worker.example:4701\n\n# spare\nw_2.a=[::1]:1 # last", out var problem);
        Assert.Null(problem);
        Assert.Equal(
            [new("w-0", "10.0.0.1:4701"), new("w-1", "worker.example:4701"), new("w_2.a", "[::1]:1")], members!);
        Assert.Empty(MemberText.Parse("", out problem)!);
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("w-0", "name=host:port")]
    [InlineData("w 0=h:1", "no name")]
    [InlineData("_=h:1", "no name")]
    [InlineData("../x=h:1", "no name")]
    [InlineData("w-0=h", "host:port")]
    [InlineData("w-0=h:0", "host:port")]
    [InlineData("w-0=h:65536", "host:port")]
    [InlineData("w-0=u@h:1", "host:port")]
    [InlineData("w-0=h/x:1", "host:port")]
    [InlineData("w-0=h:1\nw-0=h:2", "line 2: two workers named 'w-0'")]
    public void What_is_wrong_is_said(string text, string words)
    {
        Assert.Null(MemberText.Parse(text, out var problem));
        Assert.Contains(words, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_followed_and_the_last_good_list_kept()
    {
        using var folder = new TemporaryFolder();
        var path = folder["members"];
        File.WriteAllText(path, "w-0=h:1");
        var clock = new FakeClock();
        var members = new MembersFile(path, clock);
        Assert.Equal(["w-0"], Names());

        File.WriteAllText(path, "w-0=h:1\nw-1=h:2");
        Assert.Equal(["w-0"], Names()); // not looked yet
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["w-0", "w-1"], Names());

        File.WriteAllText(path, "w-0=h:1\nrubbish");
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["w-0", "w-1"], Names());
        Assert.Contains("line 2", members.Problem, StringComparison.Ordinal);

        File.Delete(path);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["w-0", "w-1"], Names());
        Assert.NotNull(members.Problem);

        File.WriteAllText(path, "w-2=h:3");
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["w-2"], Names());
        Assert.Null(members.Problem);

        IEnumerable<string> Names() => members.Members.Select(member => member.Name);
    }
}
