import { createApp } from 'vue'
import { startI18n } from '../../i18n'
import { startTheme } from '../../state/preferences'
import '../../styles/tokens.css'
import '../../styles/base.css'
import '../home.css'
import DeviceApp from './DeviceApp.vue'

startTheme()
startI18n()
createApp(DeviceApp).mount('#app')
