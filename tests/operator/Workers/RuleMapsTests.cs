using NetSniff.Operator.Workers;

namespace NetSniff.Tests.Operator.Workers;

public class RuleMapsTests
{
    private const int Many = 1000;

    [Fact]
    public void Every_file_is_in_one_map_and_no_map_is_too_large()
    {
        var random = new Random(11);
        var files = Enumerable.Range(0, 60).ToDictionary(
            number => $"rule-{number:00}.yaml", _ => new string('x', random.Next(10, 400)));
        var (maps, left) = RuleMaps.Split([.. files], Many, bytesMax: 2000);
        Assert.True(maps.Count <= WorkerObjects.RuleMapsMax);
        Assert.All(maps, map => Assert.True(map.Sum(file => file.Key.Length + file.Value.Length) <= 2000));
        Assert.Equal(
            files.Keys.Order(), maps.SelectMany(map => map.Keys).Concat(left).Order());
        Assert.All(maps.SelectMany(map => map), file => Assert.Equal(files[file.Key], file.Value));
        Assert.Equal(string.Join(',', maps.SelectMany(map => map.Keys)),
            string.Join(',', RuleMaps.Split([.. files], Many, bytesMax: 2000).Maps.SelectMany(map => map.Keys)));
    }

    [Fact]
    public void What_is_larger_than_a_map_is_left_out_and_named()
    {
        var (maps, left) = RuleMaps.Split(
            [KeyValuePair.Create("big", new string('x', 3000)), KeyValuePair.Create("small", "x")],
            Many,
            bytesMax: 2000);
        Assert.Equal(["big"], left);
        Assert.Equal(["small"], Assert.Single(maps).Keys);
    }

    [Fact]
    public void Who_comes_first_has_the_room_and_where_there_is_room_names_say_where()
    {
        var files = Enumerable.Range(0, 20).Select(number =>
            KeyValuePair.Create($"rule-{19 - number:00}.yaml", new string('x', 988))).ToList();
        var (maps, left) = RuleMaps.Split(files, Many, bytesMax: 2000);
        Assert.Equal(["rule-00.yaml", "rule-01.yaml", "rule-02.yaml", "rule-03.yaml"], left.Order());
        Assert.Equal(["rule-04.yaml", "rule-05.yaml"], maps[0].Keys);
        Assert.Equal(17, RuleMaps.Split(files, 3, bytesMax: 2000).Left.Count);
        Assert.Equal(["rule-17.yaml", "rule-18.yaml"], RuleMaps.Split(files, 3, bytesMax: 2000).Maps[0].Keys);
    }
}
