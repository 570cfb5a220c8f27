// Words of the demo's week: goods, places and people, all invented.
// Chinese, as most of the platforms write.

export const CATALOGUE = [
  { sku: 'MUG-350', title: '陶瓷马克杯 350ml', category: 'kitchen', price: '39.90' },
  { sku: 'TEA-LJ-250', title: '龙井茶 250g', category: 'food', price: '168.00' },
  { sku: 'LAMP-D2', title: '台灯 D2', category: 'home', price: '229.00' },
  { sku: 'BAG-CITY', title: '城市双肩包', category: 'bags', price: '299.00' },
  { sku: 'SHIRT-M', title: '纯棉衬衫 M', category: 'clothing', price: '159.00' },
  { sku: 'SHOE-42', title: '跑步鞋 42', category: 'shoes', price: '459.00' },
  { sku: 'EAR-B5', title: '蓝牙耳机 B5', category: 'electronics', price: '349.00' },
  { sku: 'PHONE-X9', title: '手机 X9', category: 'electronics', price: '3999.00' },
] as const;

export const CITIES = [
  ['上海市', '上海市'],
  ['北京市', '北京市'],
  ['浙江省', '杭州市'],
  ['广东省', '深圳市'],
  ['四川省', '成都市'],
  ['湖北省', '武汉市'],
] as const;

export const STREETS = ['人民路', '中山路', '解放路', '建设路', '文化路', '和平路'] as const;

export const NAMES = ['王伟', '李娜', '张敏', '刘洋', '陈静', '杨帆', '赵磊', '黄丽', '周涛', '吴霞'] as const;
